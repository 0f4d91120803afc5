// Missed posts of an account that holds them: the decisions of a person, and what the post counts for meanwhile.
import { expect, test } from 'vitest';
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
import { sweepNow } from '../lane/lanes.fixture.ts';
import {
  decisions,
  get,
  holdMissed,
  hour,
  inMs,
  listIds,
  path,
  pathOf,
  stored,
} from './held-posts.fixture.ts';

usePublishing();

test('a missed post that is held has the status queued, needs a decision, and is in the lists of queued, missed and held posts', async () => {
  const id = await holdMissed();
  expect(await get(id)).toMatchObject({
    ...{ status: 'queued', publication: 'needs_decision', missed: true, nextAttemptAt: null },
    failure: { code: 'missed' },
  });
  for (const status of ['queued', 'missed', 'held']) expect(await listIds(status)).toEqual([id]);
  expect(await listIds('uploading')).toEqual([]);
});

test('a missed post that is held is not published automatically, also not when the account no longer holds missed posts', async () => {
  const id = await holdMissed();
  await app.call('PATCH', path(), { missedPolicy: 'publish' });
  await runAfter(48 * hour);
  await sweepNow();
  await worker.runDue();
  expect(await pinsHere()).toEqual([]);
  expect((await stored(id))?.state).toBe('held');
});

test('a missed post that is held is published at the time that a person sets, and has no reason from then on', async () => {
  const id = await holdMissed();
  const answer = await decisions.schedule(id);
  expect(answer.body.data.post).toMatchObject({ status: 'queued', publication: 'waiting', failure: null });
  expect(await stored(id)).toMatchObject({ state: 'queued', held_for: null });
  expect(await listIds('held')).toEqual([]);
  await runAfter(hour);
  expect(await pinsHere()).toHaveLength(1);
  expect(await get(id)).toMatchObject({ status: 'sent', attempts: 1 });
});

test('a missed post that is held becomes a draft when it is unscheduled', async () => {
  const id = await holdMissed();
  expect((await decisions.unschedule(id)).body.data.post).toMatchObject({ status: 'draft', failure: null });
  expect(await stored(id)).toMatchObject({ state: 'draft', held_for: null });
});

test('a missed post that is held can be edited, and stays held', async () => {
  const id = await holdMissed();
  expect((await decisions.edit(id)).body.data.post).toMatchObject({
    ...{ title: 'Another title', status: 'queued', publication: 'needs_decision' },
  });
  await runAfter(hour);
  expect(await pinsHere()).toEqual([]);
});

test('a missed post that is held can be deleted, and is then in no list', async () => {
  const id = await holdMissed();
  expect((await decisions.delete(id)).status).toBe(200);
  for (const status of ['queued', 'missed', 'held']) expect(await listIds(status)).toEqual([]);
});

test('a missed post that is held cannot be resolved: nothing was sent', async () => {
  const id = await holdMissed();
  const answer = await app.call('POST', `${pathOf(id)}/resolve`, { outcome: 'not_published' });
  expect([answer.status, answer.body.error.details[0].code]).toEqual([409, 'resolve_not_allowed']);
  expect((await stored(id))?.state).toBe('held');
});

test('a missed post that is held blocks no twin, and does not count for the interval of its account', async () => {
  await app.call('PATCH', path(), { minIntervalSeconds: 3600 });
  await holdMissed();
  const twin = await app.createPost(account, { sendAt: inMs(minute) });
  await runAfter(minute);
  expect(await get(twin.id)).toMatchObject({ status: 'sent' });
});

test('a missed post that is held is reported as missed once, although it was held before the sweep', async () => {
  const id = await holdMissed();
  await sweepNow();
  await sweepNow();
  const { rows } = await app.database.pool.query(
    "select data ->> 'status' as status from events where post_id = $1 and type = 'post.missed'",
    [id],
  );
  expect(rows).toEqual([{ status: 'queued' }]);
});

test('a missed post that is held is counted as a queued post of its board', async () => {
  await holdMissed();
  const answer = await app.call('DELETE', `${path()}/boards/${account.boards.Recipes}`);
  expect(answer.body.error.details[0].message).toContain('1 queued post would fail');
});

test('a missed post that is held becomes a draft when its account is disconnected', async () => {
  const id = await holdMissed();
  const answer = await app.call('DELETE', path());
  expect(answer.body.data.unscheduledPosts).toBe(1);
  expect(await stored(id)).toMatchObject({ state: 'draft', held_for: null });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
