// The traps of the lanes, each with the test that the naive version fails.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestApp, type PinterestAccount, type TestApp } from '../../../test/app.ts';
import { newPost } from '../../../test/new-post.ts';
import { addMs } from '../../platform/clock.ts';
import { repaceAccount, updateAccount } from '../accounts/accounts.queries.ts';
import { createPosts } from '../posts/move-post.ts';
import { claimLanes, type Lane, laneIsHeld, releaseLane, sweepLanes } from './lanes.queries.ts';
import { deferred, waitsOrEnds } from './locks.fixture.ts';
import { sweep } from './sweeper.ts';

const sweeperParts = () => ({
  lanes: app.app.lanes,
  videos: app.app.videos,
  database: app.database,
  clock: app.clock,
  log: app.parts.log,
  eventsKeptMs: app.parts.config.eventsKeptMs,
});

let app: TestApp;
let account: PinterestAccount;
let mediaId: string;

beforeAll(async () => {
  app = await createTestApp();
});
beforeEach(async () => {
  // Workers serve every account: what an earlier test left due would be served in this one.
  await app.database.db.deleteFrom('posts').execute();
  await app.database.db.updateTable('lanes').set({ wake_at: null, owner: null, lease_until: null }).execute();
  account = await app.connectAccount();
  mediaId = (await app.createPost(account, { sendAt: undefined })).media.id;
});
afterAll(() => app.stop());

const lease = () => addMs(app.clock.now(), 12_000);

async function claim(owner = 'a'): Promise<Lane> {
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

async function laneRow() {
  return app.database.db
    .selectFrom('lanes')
    .selectAll()
    .where('account_id', '=', account.accountId)
    .executeTakeFirstOrThrow();
}

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
    await createPosts(tx, [postAt(sendAt)], app.clock.now());
  });
/** Leaves the lane nothing to do. */
async function removePosts(): Promise<void> {
  await app.database.db
    .updateTable('posts')
    .set({ deleted_at: app.clock.now(), run_at: null })
    .where('account_id', '=', account.accountId)
    .execute();
}

const release = (lane: Lane) =>
  app.database.transaction((tx) => releaseLane(tx, lane, { notBefore: null, now: app.clock.now() }));

test('lost wake-up: a post that is being inserted while its lane is released is not stranded', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  const later = addMs(app.clock.now(), 5_000);

  // The insert has done all its work but not committed when the worker lets go of the lane.
  const mayCommit = deferred();
  const inserted = deferred();
  const inserting = app.database.transaction(async (tx) => {
    await createPosts(tx, [postAt(later)], app.clock.now());
    inserted.resolve();
    await mayCommit.promise;
  });
  await inserted.promise;
  const releasing = release(lane);
  await waitsOrEnds(app.database.db, releasing);
  mayCommit.resolve();
  await Promise.all([inserting, releasing]);

  expect((await laneRow()).wake_at).toEqual(later);
});

test('lost wake-up, the other way round: an insert that waits for the release still lowers the wake-up', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  const later = addMs(app.clock.now(), 5_000);

  const mayCommit = deferred();
  const released = deferred();
  const releasing = app.database.transaction(async (tx) => {
    await releaseLane(tx, lane, { notBefore: null, now: app.clock.now() });
    released.resolve();
    await mayCommit.promise;
  });
  await released.promise;
  const inserting = insert(later);
  await waitsOrEnds(app.database.db, inserting);
  mayCommit.resolve();
  await Promise.all([inserting, releasing]);

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
  await app.database.transaction((tx) => repaceAccount(tx, account.accountId, now));
  const lane = await claim();

  // The new rule is written but not committed when the worker lets go of the lane.
  const mayCommit = deferred();
  const written = deferred();
  const patching = app.database.transaction(async (tx) => {
    await updateAccount(tx, account.accountId, { min_interval_seconds: 0 });
    await repaceAccount(tx, account.accountId, now);
    written.resolve();
    await mayCommit.promise;
  });
  await written.promise;
  const releasing = release(lane);
  await waitsOrEnds(app.database.db, releasing);
  mayCommit.resolve();
  await Promise.all([patching, releasing]);

  expect(await laneRow()).toMatchObject({ wake_at: now, paced_until: null });
});

test('posts of one account can be inserted at the same time: none waits for another to commit', async () => {
  await insert(addMs(app.clock.now(), 1_000));
  const mayCommit = deferred();
  const inserted = deferred();
  // The lane wakes early enough already, so nobody has to write to it.
  const open = app.database.transaction(async (tx) => {
    await createPosts(tx, [postAt(addMs(app.clock.now(), 2_000))], app.clock.now());
    inserted.resolve();
    await mayCommit.promise;
  });
  await inserted.promise;
  // Would hang here, were the lane's row locked by the open transaction.
  await insert(addMs(app.clock.now(), 3_000));
  mayCommit.resolve();
  await open;
});

test('a worker whose lease was taken over can neither complete a post nor release the lane', async () => {
  const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
  app.clock.advance(1_000);
  const asked = deferred();
  const mayAnswer = deferred();
  const slow = app.app.createWorker({
    owner: 'slow',
    clock: { ...app.clock, every: () => () => {} },
    pinterest: {
      ...app.app.pinterest,
      of: (environment) => {
        const client = app.app.pinterest.of(environment);
        return {
          ...client,
          async createPin(token, body) {
            const outcome = await client.createPin(token, body);
            asked.resolve();
            await mayAnswer.promise;
            return outcome;
          },
        };
      },
    },
  });
  const slowRun = slow.runDue();
  await asked.promise;

  // The lease runs out, another worker takes the lane and finds the post behind the line.
  app.clock.advance(app.parts.config.leaseMs);
  await app.app.createWorker({ owner: 'quick' }).runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming' });
  const taken = await laneRow();

  mayAnswer.resolve();
  await slowRun;
  expect(await app.getPost(account, post.id)).toMatchObject({ publication: 'confirming', pinId: null });
  expect(await laneRow()).toEqual(taken);

  // What it missed is found by looking: one Pin, one post.
  app.clock.advance(10_000);
  await app.app.createWorker().runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
  expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toHaveLength(1);
});

test('a worker that was suspended right after the mark does not ask when it wakes up', async () => {
  const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
  app.clock.advance(1_000);
  // Time passes while it is about to ask, and it learns nothing of it.
  const suspended = app.app.createWorker({
    owner: 'suspended',
    clock: { ...app.clock, every: () => () => {} },
    pinterest: {
      ...app.app.pinterest,
      of(environment) {
        app.clock.advance(app.parts.config.leaseMs);
        return app.app.pinterest.of(environment);
      },
    },
  });
  const before = app.parts.config.confirmDelaysMs[0] ?? 0;
  await suspended.runDue();
  expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toEqual([]);
  app.clock.advance(before);
  expect(await app.getPost(account, post.id)).toMatchObject({ pinId: null, attempts: 1 });
  // It has let go of the lane, with no other post in it, and nobody is told that the post is left in flight.
  await runForMinutes(30);
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
});

test('a worker that was suspended right after the mark does not go on with a post that is equal', async () => {
  const sendAt = addMs(app.clock.now(), 1_000).toISOString();
  const post = await app.createPost(account, { sendAt });
  const equal = await app.createPost(account, { sendAt });
  app.clock.advance(1_000);
  let suspensions = 1;
  const suspended = app.app.createWorker({
    // Its timers run late, so that the lease is renewed when the turn has let go of the first post.
    pinterest: {
      ...app.app.pinterest,
      of(environment) {
        if (suspensions > 0) app.clock.advance(app.parts.config.leaseMs);
        suspensions -= 1;
        return app.app.pinterest.of(environment);
      },
    },
  });
  await suspended.runDue();
  expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toEqual([]);
  await runForMinutes(30);
  const pins = (await app.pins({ boardId: account.boards.Recipes ?? '' })).map((pin) => pin.id);
  const own = [await app.getPost(account, post.id), await app.getPost(account, equal.id)].map(
    (one) => one.pinId,
  );
  expect(own.sort()).toEqual(pins.sort());
});

test.each(['claim', 'mediaReady', 'accept'] as const)(
  'what a worker must leave in flight because %s was not written down is recovered, though its lane has no other work',
  async (move) => {
    const post = await app.createPost(account, { sendAt: addMs(app.clock.now(), 1_000).toISOString() });
    app.clock.advance(1_000);
    let failures = 1;
    const { lanes } = app.app;
    const cutOff = app.app.createWorker({
      lanes: {
        ...lanes,
        async move(lane, row, step, now) {
          if (step.move !== move || failures === 0) return lanes.move(lane, row, step, now);
          failures -= 1;
          // The answer to a claim is lost after it was written; the others are not written at all.
          if (move === 'claim') await lanes.move(lane, row, step, now);
          throw new Error('the database was away for a moment');
        },
      },
    });
    await cutOff.runDue();
    expect(failures).toBe(0);
    await runForMinutes(30);
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
    expect(await app.pins({ boardId: account.boards.Recipes ?? '' })).toHaveLength(1);
  },
);

/** Another worker looks each minute. */
async function runForMinutes(minutes: number): Promise<void> {
  const worker = app.app.createWorker();
  for (let minute = 0; minute < minutes; minute += 1) {
    app.clock.advance(60_000);
    await worker.runDue();
  }
}

test('an account with a long queue goes behind those who waited meanwhile', async () => {
  await insert(addMs(app.clock.now(), -60_000));
  const lane = await claim();
  await release(lane);
  // Its post is still due, but since when does not count any more.
  expect((await laneRow()).wake_at).toEqual(app.clock.now());
});

test('of several workers at once, one gets the lane; the fence rises with every change of hands', async () => {
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
  const rowsOf = async (lane: Lane) => (await laneIsHeld(lane).execute(app.database.db)).rows.length;
  expect([await rowsOf(first), await rowsOf(second)]).toEqual([0, 1]);
  await release(first);
  expect((await laneRow()).owner).toBe('e');
  await release(second);
});

test('a renewal that comes late does not shorten the lease that a later one has prolonged', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  const renewal = { lanes: [lane] };
  const [earlier, later] = [addMs(app.clock.now(), 12_000), addMs(app.clock.now(), 15_000)];
  await app.app.lanes.renew({ ...renewal, leaseUntil: later });
  expect(await app.app.lanes.renew({ ...renewal, leaseUntil: earlier })).toEqual(new Set([lane.accountId]));
  expect((await laneRow()).lease_until).toEqual(later);
});

test('a process that slept and took its lane anew does not prolong what it held before', async () => {
  await insert(app.clock.now());
  const before = await claim('a');
  app.clock.advance(12_000);
  // Whoever held it meanwhile has settled what was under way, and the post may be queued again.
  await release(await claim('b'));
  const anew = await claim('a');
  const renew = (lane: Lane) => app.app.lanes.renew({ lanes: [lane], leaseUntil: lease() });
  expect(await renew(before)).toEqual(new Set());
  expect(await renew(anew)).toEqual(new Set([account.accountId]));
});

test('a lane without work does not wake, pacing or not', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  await removePosts();
  await app.database.transaction((tx) =>
    releaseLane(tx, lane, { notBefore: addMs(app.clock.now(), 60_000), now: app.clock.now() }),
  );
  expect(await laneRow()).toMatchObject({ wake_at: null, owner: null, lease_until: null });
});

test('pacing delays the wake-up, also of a post that comes in meanwhile', async () => {
  await insert(app.clock.now());
  const lane = await claim();
  const notBefore = addMs(app.clock.now(), 60_000);
  await app.database.transaction((tx) => releaseLane(tx, lane, { notBefore, now: app.clock.now() }));
  expect((await laneRow()).wake_at).toEqual(notBefore);
  await insert(addMs(app.clock.now(), 1_000));
  expect((await laneRow()).wake_at).toEqual(notBefore);
});

test('the sweeper finds a lane that would sleep past its post, and leaves all others alone', async () => {
  const due = addMs(app.clock.now(), 5_000);
  await insert(due);
  expect(await sweepLanes(app.database.db, app.clock.now())).toBe(0);
  await app.database.db
    .updateTable('lanes')
    .set({ wake_at: null })
    .where('account_id', '=', account.accountId)
    .execute();
  await sweep(sweeperParts());
  expect((await laneRow()).wake_at).toEqual(due);
  expect(await sweepLanes(app.database.db, app.clock.now())).toBe(0);
});

test('the mark of a deleted post goes after 28 days', async () => {
  const post = await app.createPost(account);
  await app.call('DELETE', `/v1/accounts/${account.accountId}/posts/${post.id}`);
  const day = 24 * 3600 * 1000;
  const exists = async () =>
    (await app.database.db.selectFrom('posts').select('id').where('id', '=', post.id).execute()).length === 1;
  app.clock.advance(28 * day - 1_000);
  await sweep(sweeperParts());
  expect(await exists()).toBe(true);
  app.clock.advance(2_000);
  await sweep(sweeperParts());
  expect(await exists()).toBe(false);
});
