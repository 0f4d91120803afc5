// A person resolves a post whose outcome is unknown.
import { describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../../test/answer.ts';
import type { Json } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';

usePublishing();

const pathOf = (id: string) => `/v1/accounts/${account.accountId}/posts/${id}`;
const resolve = (id: string, body: Json, key?: string) =>
  app.call('POST', `${pathOf(id)}/resolve`, body, key);

/** A post whose answer was lost; `when: after` means that there is a Pin. */
async function lostPost(when: 'before' | 'after') {
  const post = await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when, kind: 'reset', times: 1 }]);
  await runAfter(minute);
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
  return post;
}

test('a post resolved as published is sent with that Pin, at the time of its attempt', async () => {
  const post = await lostPost('after');
  const askedAt = Math.floor(app.clock.now().getTime() / 1000);
  app.clock.advance(5_000);
  const pinId = String((await pinsHere())[0]?.id);
  const answer = await resolve(post.id, { outcome: 'published', pinId });
  expect(answer.status).toBe(200);
  expect(answer.body.data.post).toMatchObject({
    status: 'sent',
    pinId,
    sentAt: askedAt,
    failure: null,
    nextAttemptAt: null,
  });
  await runAfter(60 * minute);
  expect(await pinsHere()).toHaveLength(1);
  const { events } = (await app.call('GET', `${pathOf(post.id)}/timeline`)).body.data;
  expect(events.at(-1)).toMatchObject({
    type: 'post.sent',
    outcome: 'found',
    message: `A person said that it is Pin ${pinId}.`,
  });
});

test('a post resolved as not published is published again at once, without another search', async () => {
  const post = await lostPost('before');
  const answer = await resolve(post.id, { outcome: 'not_published' });
  expect(answer.body.data.post).toMatchObject({ status: 'queued', sendAt: post.sendAt, failure: null });
  await worker.runDue();
  expect(await pinsHere()).toHaveLength(1);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('a twin that waited for a resolved post is published at once', async () => {
  const post = await lostPost('after');
  const twin = await app.createPost(account, {
    sendAt: new Date(app.clock.now().getTime() + 1_000).toISOString(),
  });
  await runAfter(1_000);
  expect(await app.getPost(account, twin.id)).toMatchObject({ status: 'queued' });
  await resolve(post.id, { outcome: 'published', pinId: String((await pinsHere())[0]?.id) });
  await worker.runDue();
  expect(await app.getPost(account, twin.id)).toMatchObject({ status: 'sent' });
});

test('the Pin of another post is refused with the id of that post, and the post is unchanged', async () => {
  const sent = await app.createPost(account, { title: 'First' });
  await runAfter(minute);
  const { pinId } = await app.getPost(account, sent.id);
  const post = await lostPost('before');
  const before = await app.getPost(account, post.id);
  const answer = await resolve(post.id, { outcome: 'published', pinId });
  expect(answer.status).toBe(409);
  expect(answer.body.error).toMatchObject({
    code: 'CONFLICT',
    details: [{ path: 'pinId', code: 'pin_taken', message: expect.stringContaining(sent.id) }],
  });
  expect(await app.getPost(account, post.id)).toEqual(before);
});

test('of two simultaneous requests that give two posts the same Pin, one is refused', async () => {
  const first = await app.createPost(account, { title: 'One' });
  const second = await app.createPost(account, { title: 'Two' });
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 2 }]);
  await runAfter(minute);
  const pinId = String((await pinsHere())[0]?.id);
  const answers = await Promise.all(
    [first, second].map(({ id }) => resolve(id, { outcome: 'published', pinId })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('only a post whose outcome is unknown can be resolved', async () => {
  const draft = await app.createPost(account, { sendAt: undefined });
  const sent = await app.createPost(account);
  const queued = await app.createPost(account, { sendAt: '2028-03-01T09:00:00Z' });
  await runAfter(minute);
  for (const { id } of [draft, queued, sent]) {
    for (const body of [{ outcome: 'published', pinId: '123' }, { outcome: 'not_published' }]) {
      const answer = await resolve(id, body);
      expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'resolve_not_allowed']);
    }
  }
  await worker.runDue();
  expect(await pinsHere()).toHaveLength(1);
});

describe('the body', () => {
  test.each<[Json, Record<string, string>]>([
    [{}, { outcome: 'not_allowed' }],
    [{ outcome: 'perhaps' }, { outcome: 'not_allowed' }],
    [{ outcome: 'published' }, { pinId: 'required' }],
    [{ outcome: 'published', pinId: null }, { pinId: 'required' }],
    [{ outcome: 'published', pinId: '12a' }, { pinId: 'invalid' }],
    [{ outcome: 'published', pinId: '' }, { pinId: 'invalid' }],
    [
      { outcome: 'published', pinid: '12' },
      { pinid: 'unknown_field', pinId: 'required' },
    ],
    [{ outcome: 'not_published', pinId: '12' }, { pinId: 'not_allowed' }],
  ])('the body %j of a resolve is refused', async (body, fields) => {
    const post = await app.createPost(account, { sendAt: undefined });
    const answer = await resolve(post.id, body);
    expect(answer.status).toBe(400);
    expect(fieldCodes(answer.body.error.details)).toEqual(fields);
  });
});

test('a key that may not write the post cannot resolve it', async () => {
  const post = await lostPost('before');
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const reader = (await app.makeKey({ scopes: ['posts:read'] })).key;
  expect((await resolve(post.id, { outcome: 'not_published' }, stranger)).status).toBe(404);
  expect((await resolve(post.id, { outcome: 'not_published' }, reader)).status).toBe(403);
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
});

test('resolving posts logs no errors', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
