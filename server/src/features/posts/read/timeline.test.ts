// The timeline of a post: its history with reasons, for callers who may see the post.
import { expect, test } from 'vitest';
import { errorLevel } from '../../../../test/log.ts';
import { account, app, minute, runAfter, usePublishing } from '../../../../test/publishing.ts';
import { json } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';

usePublishing();

const seconds = () => Math.floor(app.clock.now().getTime() / 1000);

const keyActor = { type: 'key', id: expect.any(String), name: 'test' };

const pathOf = (id: string) => `/v1/accounts/${account.accountId}/posts/${id}`;
const timeline = (id: string) => app.call('GET', `${pathOf(id)}/timeline`);

test('the timeline of a published post has its creation, its attempt and the answer of Pinterest, oldest first', async () => {
  const post = await app.createPost(account);
  const createdAt = seconds();
  await runAfter(minute);
  const sent = await app.getPost(account, post.id);
  const answer = await timeline(post.id);
  expect(answer.status).toBe(200);
  expect(answer.body.data.events).toEqual([
    {
      at: createdAt,
      type: 'post.created',
      actor: keyActor,
      message: 'Scheduled for 2027-03-01T08:01:00.000Z.',
    },
    { at: seconds(), type: 'post.publishing', actor: systemActor, attempt: 1 },
    {
      at: seconds(),
      type: 'post.sent',
      actor: systemActor,
      attempt: 1,
      outcome: 'created',
      pinterest: {
        status: 201,
        code: null,
        requestId: expect.any(String),
        durationMs: expect.any(Number),
      },
      message: `Pin ${sent.pinId} was created.`,
    },
  ]);
});

test('the timeline has refusals, new times and postponements with status, code and remediation', async () => {
  const post = await app.createPost(account);
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 404, code: 40, times: 1 },
  ]);
  await runAfter(minute);
  const failed = await app.getPost(account, post.id);
  await app.call('POST', `${pathOf(post.id)}/schedule`, {
    sendAt: new Date(app.clock.now().getTime() + minute).toISOString(),
  });
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 429, code: 8, times: 1 },
  ]);
  await runAfter(minute);
  await runAfter(60 * minute);
  const { events } = (await timeline(post.id)).body.data;
  expect(
    events.map(({ type, attempt, outcome }: Record<string, unknown>) => [type, attempt, outcome]),
  ).toEqual([
    ['post.created', undefined, undefined],
    ['post.publishing', 1, undefined],
    ['post.failed', 1, 'refused'],
    ['post.scheduled', undefined, undefined],
    ['post.publishing', 2, undefined],
    ['post.postponed', 2, 'postponed'],
    ['post.publishing', 3, undefined],
    ['post.sent', 3, 'created'],
  ]);
  expect(events[2]).toMatchObject({
    pinterest: { status: 404, code: 40 },
    message: `${failed.failure.message} ${failed.failure.remediation}`,
  });
  expect(events[5]).toMatchObject({ pinterest: { status: 429, code: 8 }, message: expect.any(String) });
});

test('the timeline of a lost answer has every search for the Pin until the post is cleared', async () => {
  const post = await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when: 'before', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  await app.faults([
    { operation: 'boards/list_pins', when: 'before', kind: 'status', status: 503, times: 1 },
  ]);
  for (const ms of [10_000, 2 * minute, 10 * minute, 10 * minute, 20 * minute]) await runAfter(ms);
  const { events } = (await timeline(post.id)).body.data;
  const outcomes = events.flatMap((event: { outcome?: string }) => event.outcome ?? []);
  expect(outcomes).toEqual(['lost', 'not_seen', 'not_found', 'not_found', 'not_found', 'cleared', 'created']);
  expect(events.find((event: { outcome?: string }) => event.outcome === 'lost')).toMatchObject({
    type: 'post.unknown',
    attempt: 1,
    pinterest: { status: null },
    message: expect.any(String),
  });
});

test('the timeline of a lost answer whose Pin is on the board ends with the Pin that was found', async () => {
  const post = await app.createPost(account);
  await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
  await runAfter(minute);
  await runAfter(10_000);
  const { pinId } = await app.getPost(account, post.id);
  const { events } = (await timeline(post.id)).body.data;
  expect(events.at(-1)).toEqual({
    at: seconds(),
    type: 'post.sent',
    actor: systemActor,
    attempt: 1,
    outcome: 'found',
    message: `Pin ${pinId} on the board is the one whose answer was lost.`,
  });
});

test('a timeline contains no secrets, and only the newest 500 events, oldest first', async () => {
  const post = await app.createPost(account);
  await runAfter(minute);
  expect(JSON.stringify((await timeline(post.id)).body)).not.toContain(account.accessToken);
  const rows = Array.from({ length: 510 }, (_, index) => ({
    organization_id: app.organizationId,
    account_id: account.accountId,
    post_id: post.id,
    type: `post.test_${index}`,
    at: app.clock.now(),
    actor: json(systemActor),
  }));
  await app.database.db.insertInto('events').values(rows).execute();
  const { events } = (await timeline(post.id)).body.data;
  expect(events).toHaveLength(500);
  expect([events[0].type, events[499].type]).toEqual(['post.test_10', 'post.test_509']);
});

test('a caller who may not see the post or its account does not get the timeline', async () => {
  const post = await app.createPost(account);
  const strangerKey = (await app.makeKey({ organization: 'Strangers' })).key;
  const writer = (await app.makeKey({ scopes: ['posts:write'] })).key;
  const secondAccount = await app.connectAccount();
  const ask = (path: string, key?: string) => app.call('GET', path, undefined, key);
  expect((await ask(`${pathOf(post.id)}/timeline`, strangerKey)).body.error.message).toBe(
    'Account not found',
  );
  expect((await ask(`${pathOf(post.id)}/timeline`, writer)).status).toBe(403);
  const elsewhere = await ask(`/v1/accounts/${secondAccount.accountId}/posts/${post.id}/timeline`);
  expect([elsewhere.status, elsewhere.body.error.message]).toEqual([404, 'Post not found']);
});

test('reading timelines logs no errors', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
