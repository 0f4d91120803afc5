// Validate accepts only bodies that create and publish accept, and stores nothing.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import {
  complete,
  create,
  created,
  inMs,
  newPicture,
  newVideo,
  pathOf,
  refusal,
  send,
  stored,
} from '../posts.fixture.ts';

usePublishing();

interface Check {
  name: string;
  status: string;
  code: string | null;
  message: string;
  remediation: string | null;
}

async function validate(body: Json): Promise<{ ok: boolean; checks: Check[] }> {
  const answer = await send('POST', `${pathOf()}/validate`, body);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body.data;
}
const failedOf = ({ checks }: { checks: Check[] }) => checks.filter(({ status }) => status === 'failed');
const slot = () =>
  send('POST', `/v1/accounts/${account.accountId}/timeslots`, {
    dayPreference: 2,
    timePreference: '10:00',
    timezone: 'UTC',
  });

test('a valid body passes every check, each with a message and without a remediation', async () => {
  const { ok, checks } = await validate(complete({ sendAt: inMs(minute) }));
  expect(ok).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual([
    'fields',
    'access',
    'board',
    'externalId',
    'media',
    'time',
    'account',
    'url',
    'spacing',
    'duplicate',
    'productTags',
  ]);
  for (const check of checks) {
    expect(check).toMatchObject({ status: 'passed', code: null, remediation: null });
    expect(check.message).toMatch(/\.$/);
  }
});

describe('bodies that create refuses', () => {
  test.each<[string, () => Promise<Json> | Json]>([
    ['nothing at all', () => ({})],
    ['no media', () => complete({ mediaUrl: undefined })],
    ['two media', () => complete({ mediaId: 'med_x' })],
    ['a picture that is not there', () => complete({ mediaUrl: app.picture('none.jpg') })],
    ['a private address', () => complete({ mediaUrl: 'http://127.0.0.1:1/a.jpg' })],
    ['a page instead of a picture', () => complete({ mediaUrl: new URL('/', app.picture()).href })],
    ['a picture called a video', () => complete({ mediaType: 'video' })],
    ['an unknown medium', () => complete({ mediaUrl: undefined, mediaId: 'med_x' })],
    [
      'a video called a picture',
      async () => complete({ mediaUrl: undefined, mediaId: (await newVideo()).id, mediaType: 'image' }),
    ],
    [
      'a cover after the end',
      async () => complete({ mediaUrl: undefined, mediaId: (await newVideo()).id, cover: { seconds: 99 } }),
    ],
    ['a cover of a picture', () => complete({ cover: { seconds: 1 } })],
    [
      'pictures of two sizes',
      async () =>
        complete({
          mediaUrl: undefined,
          carousel: [{ mediaUrl: app.picture() }, { mediaId: (await newPicture()).id }],
        }),
    ],
    ['a title too long', () => complete({ title: 'x'.repeat(101) })],
    ['a misspelt field within', () => complete({ cover: { second: 1 } })],
    ['an unknown board', () => complete({ boardId: '1' })],
    ['an unknown section', () => complete({ boardSectionId: '1' })],
    ['one of two boards unknown', () => complete({ boardId: undefined, intervalBoards: [{ boardId: '2' }] })],
    ['a time in the past', () => complete({ sendAt: '2020-01-01T00:00:00Z' })],
    ['a time and no title', () => complete({ sendAt: inMs(minute), title: undefined })],
    ['two times', () => complete({ sendAt: inMs(minute), now: true })],
    ['no timeslots', () => complete({ useNextOpenSlot: true })],
    [
      'an externalId that is taken',
      async () => {
        await created({ externalId: 'taken' });
        return complete({ externalId: 'taken' });
      },
    ],
    ['no http address', () => complete({ url: 'javascript:alert(1)' })],
  ])('validate refuses %s with the codes of create', async (_, make) => {
    const body = await make();
    const validated = await validate(body);
    const answer = await create(body);
    const [status, , details] = refusal(answer);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(validated.ok).toBe(false);
    const codes = failedOf(validated).map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(Object.values(details)));
    for (const check of failedOf(validated)) expect(check.remediation).toBeTruthy();
  });

  test('validate refuses a body that is not an object, or has unknown fields, with 400', async () => {
    const at = (body: unknown) => send('POST', `${pathOf()}/validate`, body);
    expect(refusal(await at('{"title"'))[0]).toBe(400);
    expect(refusal(await at([]))[0]).toBe(400);
    expect(refusal(await at({ titel: 'x', title: 1, tags: 'a' }))).toEqual([
      400,
      'BAD_REQUEST',
      { titel: 'unknown_field', title: 'wrong_type', tags: 'wrong_type' },
    ]);
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    expect((await send('POST', `${pathOf()}/validate`, {}, { key: stranger })).status).toBe(404);
  });

  test('validate of several boards with slots reports when there are too few slots', async () => {
    await slot();
    const body = complete({
      boardId: undefined,
      useNextOpenSlot: true,
      intervalBoards: [{ boardId: account.boards.Recipes }, { boardId: account.boards.Garden }],
      intervalDays: 90,
    });
    expect((await validate(body)).ok).toBe((await create(body)).status === 201);
  });
});

describe('bodies that validate accepts', () => {
  test.each<[string, () => Promise<Json> | Json]>([
    ['a picture', () => complete()],
    ['everything', () => complete({ altText: 'x'.repeat(500), title: '🍋'.repeat(100), tags: ['a'] })],
    [
      'a carousel',
      async () =>
        complete({
          mediaUrl: undefined,
          carousel: [{ mediaId: (await newPicture()).id }, { mediaId: (await newPicture()).id }],
        }),
    ],
    [
      'a carousel by address',
      () =>
        complete({
          mediaUrl: undefined,
          carousel: [{ mediaUrl: app.picture() }, { mediaUrl: app.picture('travel.jpg') }],
        }),
    ],
    [
      'markup in every text',
      () => complete({ title: '<b>&amp;', description: '"\'\\n\t', altText: '\u202e' }),
    ],
    ['a link with signs', () => complete({ url: 'https://example.com/%C3%A4?a=1&b=%20#c' })],
  ])('validate accepts %s, which is then created and published', async (_, make) => {
    const body = { ...(await make()), now: true };
    const validated = await validate(body);
    expect(failedOf(validated)).toEqual([]);
    const answer = await create(body);
    expect(answer.status).toBe(201);
    await runAfter(minute);
    expect((await app.getPost(account, answer.body.data.post.id)).status).toBe('sent');
  });
});

test('validate has the warnings of create, and they do not fail it', async () => {
  await created({ sendAt: inMs(minute) });
  const body = complete({ sendAt: inMs(2 * minute), productTagPinIds: ['1'] });
  const validated = await validate(body);
  const answer = await create(body);
  const warned = validated.checks.filter(({ status }) => status === 'warning');
  expect(warned.map(({ code }) => code).sort()).toEqual(
    answer.body.meta.warnings.map(({ code }: { code: string }) => code).sort(),
  );
  expect(warned.map(({ name }) => name)).toEqual(['duplicate', 'productTags']);
  expect(validated.ok).toBe(true);
});

test('validate stores no post, no media and no file, and claims no slot', async () => {
  await slot();
  const files = async () =>
    (await readdir(join(app.parts.config.dataDir, 'media'), { recursive: true })).length;
  const before = [await stored(), await files()];
  const fresh = new URL('/samples/garden.png', app.picture()).href;
  const validated = await validate(complete({ useNextOpenSlot: true, mediaUrl: fresh }));
  expect(validated.ok).toBe(true);
  await validate(
    complete({ mediaUrl: undefined, carousel: [{ mediaUrl: fresh }, { mediaUrl: app.picture() }] }),
  );
  expect([await stored(), await files()]).toEqual(before);
  // The slot that was found is still free.
  const [first, second] = [
    await created({ useNextOpenSlot: true }),
    await created({ useNextOpenSlot: true, url: 'https://example.com/2' }),
  ];
  expect(second.sendAt - first.sendAt).toBe(7 * 24 * 3600);
});
