// Texts and URLs of posts as people paste them: invisible characters, control characters and spaces.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { complete, create, created, edit, refusal, send } from '../posts.fixture.ts';

usePublishing();

const link = 'https://example.com/recipe';

describe('URLs', () => {
  test.each(['\u200b', '\u200e', '\u00ad', '\ufe0f', '\u2060', ' ', '\r\n'])(
    'a link that ends in %j is stored without it, by create and by edit',
    async (character) => {
      const post = await created({ url: `${link}${character}` });
      expect(post.url).toBe(link);
      const edited = await edit(post.id, { url: `${character}${link}/2${character}` });
      expect(edited.body.data.post.url).toBe(`${link}/2`);
    },
  );

  test('a link with a space and a pipe is stored as a browser opens it', async () => {
    const { url } = await created({ url: ' https://example.com/my page?utm_content=pin|v1 ' });
    expect(url).toBe('https://example.com/my%20page?utm_content=pin%7Cv1');
  });

  test('media with a space in its URL is fetched', async () => {
    const { sourceMediaUrl } = await created({ mediaUrl: ` ${app.picture()}?name=my picture|1.jpg\u200b` });
    expect(sourceMediaUrl).toBe(`${app.picture()}?name=my%20picture%7C1.jpg`);
  });

  test('every field with a URL refuses an invisible character inside, by its place', async () => {
    const bad = 'https://example.com/rec\u200bipe';
    const fields: Record<string, unknown>[] = [
      { mediaUrl: bad },
      { url: bad },
      { mediaUrl: undefined, carousel: [{ mediaUrl: bad }, { mediaUrl: app.picture(), url: bad }] },
      { mediaType: 'video', cover: { mediaUrl: bad } },
    ];
    const expected = [['mediaUrl'], ['url'], ['carousel.0.mediaUrl', 'carousel.1.url'], ['cover.mediaUrl']];
    for (const [index, change] of fields.entries()) {
      const { status, body } = await create(complete(change));
      const { details } = body.error;
      expect([status, details.map((detail: { path: string }) => detail.path)]).toEqual([
        400,
        expected[index],
      ]);
      for (const { code, message } of details) {
        expect([code, message]).toEqual(['bad_character', expect.stringContaining('U+200B at character 24')]);
      }
    }
    const others: [string, string, object][] = [
      ['POST', '/v1/media', { url: bad }],
      ['POST', '/v1/webhooks', { url: bad }],
      ['PUT', `/v1/accounts/${account.accountId}/spacing-rules`, { url: bad, minDays: 3 }],
    ];
    for (const [method, path, body] of others) {
      expect(refusal(await send(method, path, body))).toEqual([400, 'BAD_REQUEST', { url: 'bad_character' }]);
    }
  });
});

describe('texts', () => {
  test.each(['\u0000', '\u0007', '\u000b', '\u001b', '\u007f', '\u0092'])(
    'the control character %j is refused in every text, by its place',
    async (character) => {
      const value = `Tart${character}`;
      const { body } = await create(
        complete({ title: value, description: value, altText: value, tags: [value], externalId: value }),
      );
      const message = expect.stringMatching(/control character U\+00[0-9A-F]{2} at character 5/);
      const paths = ['title', 'description', 'altText', 'tags.0', 'externalId'];
      const { details } = body.error;
      expect(new Map(details.map((detail: { path: string }) => [detail.path, detail]))).toEqual(
        new Map(paths.map((path) => [path, { path, code: 'bad_character', message }])),
      );
    },
  );

  test('tabs, line breaks, joined emoji and marks of direction are stored unchanged', async () => {
    const description = 'One\r\n\ttwo\n👩‍🍳 \u200fשלום\u200f ❤️';
    expect((await created({ description })).description).toBe(description);
  });

  test.each(['\u200b', '\u2060\ufe0f ', '\u3164', '\u2800', '\u00a0\u3000', '\u{e0020}'])(
    'a title of %j is blank: it is not enough to schedule, and an edit must not leave it',
    async (title) => {
      const time = { sendAt: '2027-03-01T09:00:00Z' };
      const blank = { title, description: title };
      const required = { title: 'required', description: 'required' };
      expect(refusal(await create(complete({ ...time, ...blank })))).toEqual([400, 'BAD_REQUEST', required]);
      const post = await created(time);
      expect(refusal(await edit(post.id, blank))).toEqual([400, 'BAD_REQUEST', required]);
      expect(refusal(await create(complete({ tags: [title] })))[2]).toEqual({ 'tags.0': 'too_short' });
    },
  );
});
