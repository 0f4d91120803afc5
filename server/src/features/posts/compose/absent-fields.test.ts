// Values that clients send for fields that are not set, and answers that are sent back: null, empty ids, empty parameters, Unix seconds.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { act, complete, create, created, edit, newPicture, pathOf, refusal, send } from '../posts.fixture.ts';

usePublishing();

const everyOptionalField = {
  mediaId: null,
  mediaType: null,
  title: null,
  description: null,
  url: null,
  boardId: null,
  altText: null,
  sendAt: null,
  isSimplifiedPin: null,
  carousel: null,
  cover: null,
  boardSectionId: null,
  productTagPinIds: null,
  useNextOpenSlot: null,
  now: null,
  intervalBoards: null,
  intervalDays: null,
  tags: null,
  externalId: null,
};

describe('create', () => {
  test('null is the same as an absent field, for every optional field', async () => {
    const { status, body } = await create({ mediaUrl: app.picture(), ...everyOptionalField });
    expect([status, body.error]).toEqual([201, undefined]);
    const plain = await create({ mediaUrl: app.picture() });
    const { id, ...post } = body.data.post;
    const { id: plainId, ...same } = plain.body.data.post;
    expect(post).toEqual(same);
    expect([post.status, post.title, post.isSimplifiedPin, post.tags]).toEqual(['draft', null, true, []]);
  });

  test('null and empty ids inside a carousel, a cover and the boards of an interval are absent', async () => {
    const [first, second] = [await newPicture(), await newPicture()];
    const slide = { title: null, description: null, url: null };
    const carousel = [
      { ...slide, mediaId: first.id, mediaUrl: null },
      { ...slide, mediaId: second.id },
    ];
    const { mediaUrl, boardId, ...texts } = complete({ carousel, cover: { mediaUrl: null } });
    expect(refusal(await create(texts))[2]).toMatchObject({ 'cover.mediaUrl': 'required' });
    const boards = [
      { boardId, boardSectionId: '' },
      { boardId: account.boards.Garden, boardSectionId: null },
    ];
    const { body } = await create({ ...texts, cover: null, intervalBoards: boards });
    expect(body.error).toBeUndefined();
    expect(body.data.posts).toHaveLength(2);
    expect(body.data.post.carousel).toHaveLength(2);
  });

  test.each(['boardId', 'boardSectionId', 'mediaId', 'externalId'])('an empty %s is absent', async (name) => {
    const { status, body } = await create(complete({ [name]: '' }));
    expect([status, body.error]).toEqual([201, undefined]);
  });

  test('an empty text and an empty time are not absent', async () => {
    expect(refusal(await create(complete({ sendAt: '' })))[2]).toEqual({ sendAt: 'invalid_time' });
    expect(refusal(await create(complete({ mediaType: '' })))[2]).toEqual({ mediaType: 'not_allowed' });
    const { body } = await create(complete({ url: '' }));
    expect(body.error.details).toMatchObject([
      { path: 'url', message: expect.stringMatching(/^Is empty\./) },
    ]);
  });

  test('null for what is required is refused', async () => {
    expect(refusal(await create({ mediaUrl: null }))[2]).toEqual({ mediaUrl: 'required' });
    expect(refusal(await create(complete({ tags: [null] })))[2]).toEqual({ 'tags.0': 'wrong_type' });
  });

  test('a draft as GET returns it can be created again', async () => {
    const first = await created({ altText: 'A tart', tags: ['a'], url: null, boardSectionId: null });
    const answer = (await send('GET', `${pathOf()}/${first.id}`)).body.data.post;
    const { status, body } = await create(answer);
    expect([status, body.error]).toEqual([201, undefined]);
    const copy = body.data.post;
    expect(copy.id).not.toBe(first.id);
    for (const name of ['title', 'description', 'url', 'boardId', 'altText', 'tags', 'mediaUrl', 'media']) {
      expect(copy[name], name).toEqual(answer[name]);
    }
  });

  test('a carousel as GET returns it can be created again', async () => {
    const { mediaUrl, ...texts } = complete();
    const slides = [{ mediaId: (await newPicture()).id, title: 'One' }, { mediaId: (await newPicture()).id }];
    const { post } = (await create({ ...texts, carousel: slides })).body.data;
    const { body } = await create(post);
    expect(body.error).toBeUndefined();
    expect(body.data.post.carousel).toEqual(post.carousel);
  });

  test('fields that Pintail sets are refused in a body that is not a copy of a post', async () => {
    const { body } = await create(complete({ status: 'sent', pinId: '1' }));
    expect(body.error.details).toEqual([
      {
        path: 'status',
        code: 'unknown_field',
        message: 'There is no field "status". A post with a time is queued, a post without one is a draft.',
      },
      {
        path: 'pinId',
        code: 'unknown_field',
        message: 'There is no field "pinId". Pintail sets it. Omit the field.',
      },
    ]);
  });

  test('entries of a batch and validate follow the same rules', async () => {
    const body = { mediaUrl: app.picture(), ...everyOptionalField, mediaId: '' };
    const validated = await send('POST', `${pathOf()}/validate`, body);
    expect([validated.status, validated.body.data?.ok]).toEqual([200, true]);
    const batch = (await send('POST', `${pathOf()}/batches`, { posts: [body] })).body.data.batch;
    expect(batch.total).toBe(1);
  });
});

test('null is absent in other bodies of POST too', async () => {
  const media = await send('POST', '/v1/media', { url: app.picture(), mediaType: null });
  expect([media.status, media.body.error]).toEqual([201, undefined]);
  const path = `/v1/accounts/${account.accountId}`;
  const slot = await send('POST', `${path}/timeslots`, {
    dayPreference: 1,
    timePreference: '09:00',
    timezone: null,
  });
  expect([slot.status, slot.body.error]).toEqual([201, undefined]);
});

describe('edit', () => {
  test('a time is refused with the route that changes it, alone and in a bulk edit', async () => {
    const post = await created();
    const sendAt = '2027-03-01T09:00:00Z';
    const message = expect.stringContaining('POST …/posts/{postId}/schedule');
    const alone = await edit(post.id, { sendAt });
    expect(alone.body.error.details).toContainEqual({ path: 'sendAt', code: 'unknown_field', message });
    const bulk = await send('PATCH', pathOf(), { posts: [{ id: post.id, title: 'x', now: true }] });
    expect(bulk.body.error.details).toEqual([{ path: 'posts.0.now', code: 'unknown_field', message }]);
  });

  test('an empty id is refused with what clears the field', async () => {
    const post = await created();
    for (const name of ['boardId', 'boardSectionId']) {
      const { status, body } = await edit(post.id, { [name]: '' });
      expect([status, body.error.details]).toEqual([
        400,
        [{ path: name, code: 'too_short', message: expect.stringContaining('or null for none') }],
      ]);
    }
  });
});

describe('a number where a time is wanted', () => {
  const moment = 'Send "2027-03-01T09:00:00Z" for this moment.';
  const seconds = Date.parse('2027-03-01T09:00:00Z') / 1000;

  test.each([seconds, seconds * 1000, String(seconds), String(seconds * 1000)])(
    '%j is refused with the same moment written out, in every body',
    async (value) => {
      const post = await created();
      const answers = [
        [await create(complete({ sendAt: value })), 'sendAt'],
        [await act(post.id, 'schedule', { sendAt: value }), 'sendAt'],
        [await send('POST', '/v1/api-keys', { name: 'k', expiresAt: value }), 'expiresAt'],
      ] as const;
      for (const [{ status, body }, path] of answers) {
        expect([status, body.error.details]).toEqual([
          400,
          [expect.objectContaining({ path, message: expect.stringContaining(moment) })],
        ]);
      }
    },
  );

  test('fractions stay, and a number that is not a time of our days has an example', async () => {
    const { body } = await create(complete({ sendAt: seconds + 0.25 }));
    expect(body.error.details[0].message).toContain('"2027-03-01T09:00:00.250Z"');
    for (const sendAt of [5, -1, 1e300, 20_270_301]) {
      const { details } = (await create(complete({ sendAt }))).body.error;
      expect(details[0].message).toContain('such as "2027-03-01T09:00:00Z", not a number.');
    }
  });

  test('queries name the moment too', async () => {
    for (const path of [`${pathOf()}?startDate=${seconds}`, `${pathOf()}?endDate=${seconds}`]) {
      expect((await send('GET', path)).body.error.details[0].message).toContain(moment);
    }
    const schedule = await send('GET', `/v1/accounts/${account.accountId}/schedule?from=${seconds}`);
    expect(schedule.body.error.details[0].message).toContain(moment);
  });
});

describe('queries', () => {
  test('an empty parameter is absent, for every parameter', async () => {
    await created({ sendAt: '2027-03-01T09:00:00Z' });
    const names = ['status', 'cursor', 'limit', 'startDate', 'endDate', 'boardId', 'tag', 'externalId', 'q'];
    const plain = (await send('GET', pathOf())).body.data;
    expect(plain.posts.length).toBeGreaterThan(0);
    const empty = await send('GET', `${pathOf()}?${names.map((name) => `${name}=`).join('&')}`);
    expect([empty.status, empty.body.data]).toEqual([200, plain]);
    const events = await send('GET', '/v1/events?after=&accountId=&type=&limit=');
    expect(events.body.data).toEqual((await send('GET', '/v1/events')).body.data);
    const paths = [`/v1/accounts/${account.accountId}/boards?refresh=`, '/v1/media?limit=&cursor='];
    for (const path of paths) expect((await send('GET', path)).status, path).toBe(200);
  });

  test('an empty parameter of a DELETE is refused, so that it deletes nothing else', async () => {
    const path = `/v1/accounts/${account.accountId}/spacing-rules`;
    await send('PUT', path, { minDays: 2 });
    expect(refusal(await send('DELETE', `${path}?url=`))[2]).toEqual({ url: 'invalid_url' });
    expect((await send('GET', path)).body.data.defaultRule).toEqual({ minDays: 2 });
    await send('DELETE', path);
  });

  test('events refuse an accountId that is not the id of an account', async () => {
    for (const id of ['null', 'undefined', '123']) {
      expect(refusal(await send('GET', `/v1/events?accountId=${id}`))[2]).toEqual({ accountId: 'invalid' });
    }
  });

  test.each(['_', 'x', '-'])('the unknown parameter %s has no proposal', async (name) => {
    const { details } = (await send('GET', `${pathOf()}?${name}=1`)).body.error;
    expect(details).toEqual([
      { path: name, code: 'unknown_field', message: `There is no parameter "${name}".` },
    ]);
  });
});
