// Race conditions of lanes. A naive implementation fails each of these tests.

import { beforeEach, expect, test } from 'vitest';
import { newPost } from '../../../../test/new-post.ts';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { addMs } from '../../../platform/clock.ts';
import { sql, type Tx } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { updateAccountRow } from '../../accounts/accounts.queries.ts';
import {
  guardingLease,
  guardingRelease,
  type LaneFence,
  type LaneRest,
  releasing,
  repaceLane,
} from '../../lanes/index.ts';
import { earliestWork } from '../../posts/index.ts';
import { createPosts } from '../../posts/record/content.ts';
import { type ClaimedLane, claimLanes } from './claim-lanes.queries.ts';
import { emptyLanes, laneRow, sweepNow } from './lanes.fixture.ts';
import { openTransaction, waitsOrEnds } from './locks.fixture.ts';

usePublishing();

let mediaId: string;

beforeEach(async () => {
  await emptyLanes();
  mediaId = (await app.createPost(account, { sendAt: undefined })).media.id;
});

const lease = () => addMs(app.clock.now(), 12_000);

async function claim(owner = 'a'): Promise<ClaimedLane> {
  const lanes = await claimLanes(app.database.db, {
    owner,
    now: app.clock.now(),
    leaseUntil: lease(),
    limit: 100,
  });
  const lane = lanes.find((entry) => entry.accountId === account.accountId);
  if (!lane) throw new Error('the lane was not due');
  return lane;
}

const accountRow = () =>
  app.database.db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', account.accountId)
    .executeTakeFirstOrThrow();

const postAt = (sendAt: Date, title = 'Lemon tart') =>
  newPost({
    organizationId: app.organizationId,
    accountId: account.accountId,
    boardId: account.boards.Recipes ?? null,
    mediaId,
    title,
    sendAt,
  });

const insert = (sendAt: Date) =>
  app.database.transaction(async (tx) => {
    await createPosts(tx, [postAt(sendAt)], { actor: systemActor, now: app.clock.now() });
  });

/** Removes all work from the lane. */
async function removePosts(): Promise<void> {
  await app.database.db
    .updateTable('posts')
    .set({ deleted_at: app.clock.now(), run_at: null })
    .where('account_id', '=', account.accountId)
    .execute();
}

/** Like the store's release, in a transaction that the test can keep open. */
async function releaseIn(tx: Tx, lane: LaneFence, rest: Partial<LaneRest> = {}): Promise<void> {
  await guardingRelease(lane).execute(tx);
  await releasing(lane, { notBefore: null, now: app.clock.now(), ...rest }, earliestWork).execute(tx);
}

const release = (lane: LaneFence, rest: Partial<LaneRest> = {}) =>
  app.app.lanes.release(lane, { notBefore: null, now: app.clock.now(), ...rest });

test('lost wake-up: a post that is being inserted while its lane is released is not stranded', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  const later = addMs(app.clock.now(), 5_000);

  // The insert has run all its statements and not committed when the worker releases the lane.
  const inserting = await openTransaction(app.database, async (tx) => {
    await createPosts(tx, [postAt(later)], { actor: systemActor, now: app.clock.now() });
  });
  const releasing = release(lane);
  await waitsOrEnds(app.database.db, releasing);
  await inserting.commit();
  await releasing;

  expect((await laneRow()).wake_at).toEqual(later);
});

test('lost wake-up: an insert that waits for the release lowers the wake-up afterwards', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  const later = addMs(app.clock.now(), 5_000);

  const releasing = await openTransaction(app.database, async (tx) => {
    await releaseIn(tx, lane);
  });
  const inserting = insert(later);
  await waitsOrEnds(app.database.db, inserting);
  await releasing.commit();
  await inserting;

  expect((await laneRow()).wake_at).toEqual(later);
});

test('a rule that is loosened while the lane is released is not overlooked', async () => {
  const path = `/v1/accounts/${account.accountId}`;
  await app.call('PATCH', path, { minIntervalSeconds: 3_600 });
  for (const title of ['first', 'second']) await app.createPost(account, { title });
  app.clock.advance(60_000);
  await app.app.createWorker().runDue();
  const now = app.clock.now();
  expect((await laneRow()).wake_at).toEqual(addMs(now, 3_600_000));
  await app.database.transaction((tx) => repaceLane(tx, account.accountId, now));
  const lane = await claim();

  // The new rule is written and not committed when the worker releases the lane.
  const patching = await openTransaction(app.database, async (tx) => {
    await updateAccountRow(tx, account.accountId, { min_interval_seconds: 0 });
    await repaceLane(tx, account.accountId, now);
  });
  const releasing = release(lane);
  await waitsOrEnds(app.database.db, releasing);
  await patching.commit();
  await releasing;

  expect(await laneRow()).toMatchObject({ wake_at: now, paced_until: null });
});

test('posts of one account can be inserted at the same time: none waits for another to commit', async () => {
  await insert(addMs(app.clock.now(), 1_000));
  // The lane already wakes early enough, so no insert writes to it.
  const open = await openTransaction(app.database, async (tx) => {
    await createPosts(tx, [postAt(addMs(app.clock.now(), 2_000))], {
      actor: systemActor,
      now: app.clock.now(),
    });
  });
  // This would hang if the open transaction had locked the lane's row exclusively.
  await insert(addMs(app.clock.now(), 3_000));
  await open.commit();
});

test('an account with a long queue is served again only after the accounts that waited in the meantime', async () => {
  await insert(addMs(app.clock.now(), -60_000));
  const lane = await claim();
  await release(lane);
  // Its post is still due, but how long it has been due does not matter.
  expect((await laneRow()).wake_at).toEqual(app.clock.now());
});

test('one of several workers at once gets the lease; the fence grows with each lease', async () => {
  await insert(app.clock.now());
  const options = { now: app.clock.now(), leaseUntil: lease(), limit: 100 };
  const claims = await Promise.all(
    ['a', 'b', 'c', 'd'].map((owner) => claimLanes(app.database.db, { owner, ...options })),
  );
  const lanes = claims.flat().filter((entry) => entry.accountId === account.accountId);
  expect(lanes).toHaveLength(1);
  const [first] = lanes;
  if (!first) throw new Error('unreachable');
  app.clock.advance(12_000);
  const second = await claim('e');
  expect(second.fence).toBe(first.fence + 1);
  const rowsOf = async (lane: LaneFence) => (await guardingLease(lane).execute(app.database.db)).rows.length;
  expect([await rowsOf(first), await rowsOf(second)]).toEqual([0, 1]);
  await release(first);
  expect((await laneRow()).owner).toBe('e');
  await release(second);
});

test('a claim returns the account and its first due post, unless a post was left in flight', async () => {
  await insert(app.clock.now());
  const first = await claim();
  expect(first.opening).toMatchObject({
    account: await accountRow(),
    first: { title: 'Lemon tart', state: 'queued', is_last_due: true },
  });
  const post = first.opening?.first;
  if (!post) throw new Error('unreachable');
  await app.app.lanes.move(first, post, { move: 'mediaReady' }, app.clock.now());
  app.clock.advance(12_000);
  expect(await claim()).toMatchObject({ fence: first.fence + 1, opening: null });
});

test('a claim returns no post of a lane that was away for so long that its pacing has changed', async () => {
  await insert(app.clock.now());
  app.clock.advance(11 * 60_000);
  expect(await claim()).toMatchObject({ awayUntil: app.clock.now(), opening: null });
});

test('a claim returns no opening of a lane that was leased by another worker before it was locked', async () => {
  await insert(app.clock.now());
  const { db } = app.database;
  const { fence } = await laneRow();
  // Statements that read lanes wait at a gate when they have their snapshot.
  const gate = 4711;
  await sql`
    create function gate() returns boolean language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(${sql.lit(gate)}); return true; end $$
  `.execute(db);
  await sql`alter table lanes rename to lanes_behind`.execute(db);
  await sql`create view lanes as select * from lanes_behind where gate()`.execute(db);
  try {
    const closed = await openTransaction(app.database, (tx) =>
      sql`select pg_advisory_xact_lock(${gate})`.execute(tx),
    );
    const claiming = claim();
    await waitsOrEnds(db, claiming);
    // Another worker leases and releases the lane, and there is more to do.
    await sql`update lanes_behind set fence = fence + 1 where account_id = ${account.accountId}`.execute(db);
    await closed.commit();
    expect(await claiming).toMatchObject({ fence: fence + 2, opening: null });
  } finally {
    await sql`drop view lanes`.execute(db);
    await sql`alter table lanes_behind rename to lanes`.execute(db);
    await sql`drop function gate`.execute(db);
  }
});

test('a renewal that comes late does not shorten the lease that a later one has extended', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  const renewal = { lanes: [lane] };
  const [earlier, later] = [addMs(app.clock.now(), 12_000), addMs(app.clock.now(), 15_000)];
  await app.app.lanes.renew({ ...renewal, leaseUntil: later });
  expect(await app.app.lanes.renew({ ...renewal, leaseUntil: earlier })).toEqual(new Set([lane.accountId]));
  expect((await laneRow()).lease_until).toEqual(later);
});

test('a process that was suspended and leased its lane again does not renew its earlier lease', async () => {
  await insert(app.clock.now());
  const first = await claim('a');
  app.clock.advance(12_000);
  // Another worker may have resolved the post meanwhile, so that it is queued again.
  await release(await claim('b'));
  const second = await claim('a');
  const renew = (lane: LaneFence) => app.app.lanes.renew({ lanes: [lane], leaseUntil: lease() });
  expect(await renew(first)).toEqual(new Set());
  expect(await renew(second)).toEqual(new Set([account.accountId]));
});

test('a lane without work does not wake, with or without pacing', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  await release(lane, { notBefore: addMs(app.clock.now(), 60_000) });
  expect(await laneRow()).toMatchObject({ wake_at: null, owner: null, lease_until: null });
});

test('pacing delays the wake-up, also of a post that is added meanwhile', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  const notBefore = addMs(app.clock.now(), 60_000);
  await release(lane, { notBefore });
  expect((await laneRow()).wake_at).toEqual(notBefore);
  await insert(addMs(app.clock.now(), 1_000));
  expect((await laneRow()).wake_at).toEqual(notBefore);
});

test('the sweeper wakes a lane that would wake too late for its post, and changes no other lane', async () => {
  const due = addMs(app.clock.now(), 5_000);
  await insert(due);
  expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
  await app.database.db
    .updateTable('lanes')
    .set({ wake_at: null })
    .where('account_id', '=', account.accountId)
    .execute();
  await sweepNow();
  expect((await laneRow()).wake_at).toEqual(due);
  expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
});

test('the row of a deleted post is removed after 28 days', async () => {
  const post = await app.createPost(account);
  await app.call('DELETE', `/v1/accounts/${account.accountId}/posts/${post.id}`);
  const day = 24 * 3600 * 1000;
  const exists = async () =>
    (await app.database.db.selectFrom('posts').select('id').where('id', '=', post.id).execute()).length === 1;
  app.clock.advance(28 * day - 1_000);
  await sweepNow();
  expect(await exists()).toBe(true);
  app.clock.advance(2_000);
  await sweepNow();
  expect(await exists()).toBe(false);
});
