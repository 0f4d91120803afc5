// A worker's move is one statement. The rows that it saw when it began may have changed by the time it has its locks: each
// test stops it at one of them, changes something meanwhile, and lets it continue.

import { beforeEach, expect, test } from 'vitest';
import { newPost } from '../../../../test/new-post.ts';
import { account, app, minute, usePublishing } from '../../../../test/publishing.ts';
import { addMs } from '../../../platform/clock.ts';
import { sql, type Tx } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { type LaneLease, renewLaneLeases } from '../../lanes/index.ts';
import { createPosts, markDeleted } from '../../posts/record/content.ts';
import { movePost } from '../../posts/record/move.ts';
import type { PostRow } from '../../posts/record/posts.queries.ts';
import type { Step } from '../../posts/record/step.ts';
import { claimLanes } from './claim-lanes.queries.ts';
import { emptyLanes, laneRow } from './lanes.fixture.ts';
import { openTransaction, waitsOrEnds } from './locks.fixture.ts';

usePublishing();

let lane: LaneLease;
let post: PostRow;

const leaseMs = 12_000;
const claimAs = (owner: string) => {
  const now = app.clock.now();
  return { owner, now, leaseUntil: addMs(now, leaseMs), limit: 100 };
};

beforeEach(async () => {
  await emptyLanes();
  const { id } = await app.createPost(account);
  app.clock.advance(minute);
  const [claimed] = await app.app.lanes.claim(claimAs('first'));
  if (!claimed) throw new Error('the lane was not due');
  lane = claimed;
  post = await rowOf(id);
});

const rowOf = (id: string) =>
  app.database.db.selectFrom('posts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const mark = () => app.app.lanes.move(lane, post, { move: 'mediaReady' }, app.clock.now());

const renewLease = (tx: Tx) =>
  renewLaneLeases(tx, { lanes: [lane], leaseUntil: addMs(app.clock.now(), leaseMs) });

/** The events of the post since its creation. */
async function eventsOf({ id }: PostRow): Promise<string[]> {
  const rows = await app.database.db
    .selectFrom('events')
    .select('type')
    .where('post_id', '=', id)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.type).slice(1);
}

async function markedPost(): Promise<PostRow> {
  const marked = await mark();
  if (marked.kind !== 'moved') throw new Error(marked.kind);
  return marked.post;
}

async function acceptAndRelease(marked?: PostRow) {
  const pinterest = { status: 201, code: null, requestId: null, durationMs: 1 };
  return app.app.lanes.release(
    lane,
    { notBefore: null, now: app.clock.now() },
    { post: marked ?? (await markedPost()), step: { move: 'accept', pinId: '4711', pinUrl: '', pinterest } },
  );
}

/** Lets the lease expire: others can claim the lane. */
function letLeaseRunOut(): void {
  app.clock.advance(leaseMs);
}

test('under a valid lease a post that is as it was read is moved, and its event written', async () => {
  const result = await mark();
  expect(result).toMatchObject({ kind: 'moved', post: { state: 'publishing', version: post.version + 1 } });
  expect(result).toEqual({ kind: 'moved', post: await rowOf(post.id) });
  expect(await eventsOf(post)).toEqual(['post.publishing']);
});

test('when another lease has followed, no post is moved', async () => {
  letLeaseRunOut();
  await app.app.lanes.claim(claimAs('second'));
  expect(await mark()).toEqual({ kind: 'lane_lost' });
  expect(await rowOf(post.id)).toEqual(post);
  expect(await eventsOf(post)).toEqual([]);
});

test('a post that has changed since it was read is not moved', async () => {
  await app.database.transaction((tx) =>
    movePost(tx, post, { move: 'unschedule' }, { actor: systemActor, now: app.clock.now() }),
  );
  expect(await mark()).toEqual({ kind: 'post_changed' });
  expect(await rowOf(post.id)).toMatchObject({ state: 'draft' });
  expect(await eventsOf(post)).toEqual(['post.unscheduled']);
});

test('a move waits for a claim that is under way, and then changes nothing', async () => {
  letLeaseRunOut();
  const concurrent = await openTransaction(app.database, (tx) => claimLanes(tx, claimAs('second')));
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  await concurrent.commit();
  expect(await moving).toEqual({ kind: 'lane_lost' });
  expect(await rowOf(post.id)).toEqual(post);
  expect(await eventsOf(post)).toEqual([]);
});

test('a claim that is rolled back does not prevent a move', async () => {
  letLeaseRunOut();
  const concurrent = await openTransaction(app.database, (tx) => claimLanes(tx, claimAs('second')));
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  await concurrent.rollBack();
  expect(await moving).toMatchObject({ kind: 'moved' });
});

test('a move waits for a renewal that is under way, and then moves the post', async () => {
  const concurrent = await openTransaction(app.database, renewLease);
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  await concurrent.commit();
  expect(await moving).toMatchObject({ kind: 'moved' });
  expect(await eventsOf(post)).toEqual(['post.publishing']);
});

test('while a move waits for its post, no worker can claim the lane', async () => {
  const user = await openTransaction(app.database, (tx) =>
    markDeleted(tx, post, { actor: systemActor, now: app.clock.now() }),
  );
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  letLeaseRunOut();
  expect(await app.app.lanes.claim(claimAs('second'))).toEqual([]);
  await user.rollBack();
  expect(await moving).toMatchObject({ kind: 'moved' });
  expect(await eventsOf(post)).toEqual(['post.publishing']);
});

test.each([
  {
    what: 'unscheduled',
    change: (tx: Tx) =>
      movePost(tx, post, { move: 'unschedule' }, { actor: systemActor, now: app.clock.now() }),
  },
  {
    what: 'deleted',
    change: (tx: Tx) => markDeleted(tx, post, { actor: systemActor, now: app.clock.now() }),
  },
])('a post that is $what while its move waits for it is not moved', async ({ what, change }) => {
  const user = await openTransaction(app.database, change);
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  await user.commit();
  expect(await moving).toEqual({ kind: 'post_changed' });
  expect(await eventsOf(post)).toEqual([`post.${what}`]);
});

test('a post that is changed while its move waits for the lane is not moved', async () => {
  const concurrent = await openTransaction(app.database, renewLease);
  const moving = mark();
  await waitsOrEnds(app.database.db, moving);
  await app.database.transaction((tx) => markDeleted(tx, post, { actor: systemActor, now: app.clock.now() }));
  await concurrent.commit();
  expect(await moving).toEqual({ kind: 'post_changed' });
  expect(await eventsOf(post)).toEqual(['post.deleted']);
});

test('the last move and the release are one transaction: the wake-up is computed from the moved post', async () => {
  await app.call('PATCH', `/v1/accounts/${account.accountId}`, { minIntervalSeconds: 3_600 });
  await app.createPost(account, {
    title: 'the next one',
    sendAt: addMs(app.clock.now(), minute).toISOString(),
  });
  const published = await acceptAndRelease();
  expect(published).toBe('moved');
  expect(await rowOf(post.id)).toMatchObject({ state: 'sent', pin_id: '4711' });
  expect(await eventsOf(post)).toEqual(['post.publishing', 'post.sent']);
  expect(await laneRow()).toMatchObject({ owner: null, wake_at: addMs(app.clock.now(), 3_600_000) });
});

test('when another lease has followed, neither is the last move written nor the lane released', async () => {
  const marked = await markedPost();
  letLeaseRunOut();
  await app.app.lanes.claim(claimAs('second'));
  expect(await acceptAndRelease(marked)).toBe('lane_lost');
  expect(await rowOf(post.id)).toEqual(marked);
  expect(await laneRow()).toMatchObject({ owner: 'second' });
});

test('a last move of a post that has changed is not written, and the lane is still released', async () => {
  const marked = await markedPost();
  expect(await acceptAndRelease({ ...marked, version: marked.version - 1 })).toBe('post_changed');
  expect(await rowOf(post.id)).toEqual(marked);
  // The post that is left in flight is work.
  expect(await laneRow()).toMatchObject({ owner: null, wake_at: app.clock.now() });
});

test('lost wake-up: a post that is being inserted while the lane is released with a last move is not stranded', async () => {
  const marked = await markedPost();
  const later = addMs(app.clock.now(), minute);
  const inserting = await openTransaction(app.database, (tx) =>
    createPosts(
      tx,
      [
        newPost({
          organizationId: app.organizationId,
          accountId: account.accountId,
          boardId: account.boards.Garden ?? '',
          mediaId: post.media_id,
          sendAt: later,
        }),
      ],
      { actor: systemActor, now: app.clock.now() },
    ),
  );
  const releasing = acceptAndRelease(marked);
  await waitsOrEnds(app.database.db, releasing);
  await inserting.commit();
  expect(await releasing).toBe('moved');
  expect(await laneRow()).toMatchObject({ owner: null, wake_at: later });
});

test('the event of every move shows the post as its row is', async () => {
  const failure = { code: 'answer_lost', message: '…', remediation: '…', retryable: true };
  const at = app.clock.now();
  const steps: Step[] = [
    { move: 'postpone', runAt: at, failure },
    { move: 'mediaReady' },
    { move: 'postpone', runAt: at, failure },
    { move: 'mediaReady' },
    { move: 'lose', confirmAt: at, failure },
    { move: 'searchAgain', confirmAt: at, failure, counts: true, found: 0 },
    { move: 'clear' },
    { move: 'schedule', sendAt: addMs(at, minute), boardId: account.boards.Garden ?? '', shifted: true },
    { move: 'miss', failure: { ...failure, code: 'missed' } },
    { move: 'schedule', sendAt: at, boardId: account.boards.Garden ?? '' },
    { move: 'mediaReady' },
    { move: 'lose', confirmAt: at, failure },
    { move: 'giveUp', failure, found: 0 },
    { move: 'clear' },
    { move: 'refuse', failure },
  ];
  const rows: PostRow[] = [];
  for (const step of steps) {
    const result = await app.app.lanes.move(lane, rows.at(-1) ?? post, step, at);
    if (result.kind !== 'moved') throw new Error(`${step.move}: ${result.kind}`);
    rows.push(result.post);
  }
  const events = await app.database.db
    .selectFrom('events')
    .select('data')
    .where('post_id', '=', post.id)
    .orderBy('id')
    .offset(1)
    .execute();
  expect(events.map(({ data }) => data)).toMatchObject(
    rows.map((row) => ({ status: row.status, sendAt: row.send_at?.toISOString() })),
  );
  const { rows: found } = await sql`
    select 1 from post_search where post_id = ${post.id} and search @@ ${`'@${account.boards.Garden}'`}::tsquery
  `.execute(app.database.db);
  expect(found).toHaveLength(1);
});
