// An account is paused and resumed.
import { describe, expect, test } from 'vitest';
import { plainGrant } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  account,
  app,
  limitNextPin,
  minute,
  pinsHere,
  runAfter,
  usePublishing,
  worker,
} from '../../../../test/publishing.ts';
import { laneRow } from '../lane/lanes.fixture.ts';

usePublishing();

const hour = 60 * minute;
const path = () => `/v1/accounts/${account.accountId}`;
const pause = (body?: object) => app.call('POST', `${path()}/pause`, body);
const resume = () => app.call('POST', `${path()}/resume`);
const shown = (id: string) => app.getPost(account, id);
const inMs = (ms: number) => new Date(app.clock.now().getTime() + ms).toISOString();
const create = (title: string, ms = minute) => app.createPost(account, { title, sendAt: inMs(ms) });

async function accountEvents(): Promise<{ type: string; data: unknown }[]> {
  const rows = await app.database.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('account_id', '=', account.accountId)
    .where('type', 'in', ['account.paused', 'account.resumed'])
    .orderBy('id')
    .execute();
  return rows;
}

/** The number of leases of the lane. */
const fence = async () => (await laneRow()).fence;

describe('pause and resume', () => {
  test('pause and resume return the account; a second call changes nothing and has no event', async () => {
    const active = await app.call('GET', path());
    expect(active.body.data.account).toMatchObject({
      publishing: 'active',
      pausedPolicy: 'hold',
      missedPolicy: 'publish',
    });
    for (let times = 0; times < 2; times += 1) {
      const paused = await pause();
      expect(paused.status).toBe(200);
      expect(paused.body.data.account).toMatchObject({ publishing: 'paused', pausedPolicy: 'hold' });
    }
    for (let times = 0; times < 2; times += 1)
      expect((await resume()).body.data.account).toMatchObject({ publishing: 'active' });
    expect(await accountEvents()).toEqual([
      { type: 'account.paused', data: { onDue: 'hold' } },
      { type: 'account.resumed', data: {} },
    ]);
  });

  test("onDue becomes the account's policy; without it the policy that is set applies", async () => {
    await app.call('PATCH', path(), { pausedPolicy: 'fail', missedPolicy: 'hold' });
    expect((await pause({})).body.data.account).toMatchObject({ pausedPolicy: 'fail', missedPolicy: 'hold' });
    expect((await pause({ onDue: 'shift' })).body.data.account).toMatchObject({ pausedPolicy: 'shift' });
    expect((await resume()).body.data.account).toMatchObject({ pausedPolicy: 'shift' });
  });

  test('an invalid policy and an unknown account are refused', async () => {
    expect((await pause({ onDue: 'explode' })).status).toBe(400);
    expect((await pause({ ondue: 'hold' })).status).toBe(400);
    const stranger = await app.makeKey({ organization: 'Strangers' });
    for (const what of ['pause', 'resume'])
      expect((await app.call('POST', `${path()}/${what}`, undefined, stranger.key)).status).toBe(404);
    const reader = await app.makeKey({ scopes: ['accounts:read'] });
    expect((await app.call('POST', `${path()}/pause`, undefined, reader.key)).status).toBe(403);
  });
});

describe('hold', () => {
  test('due posts wait, shown as missed, and are published after resuming; other accounts publish meanwhile', async () => {
    const post = await create('Held');
    const otherAccount = await app.connectAccount();
    const theirs = await app.createPost(otherAccount);
    await pause();
    await runAfter(5 * minute);
    expect(await shown(post.id)).toMatchObject({
      status: 'queued',
      missed: true,
      attempts: 0,
      failure: null,
    });
    expect(await app.getPost(otherAccount, theirs.id)).toMatchObject({ status: 'sent' });
    await resume();
    await worker.runDue();
    expect(await shown(post.id)).toMatchObject({ status: 'sent', sendAt: post.sendAt });
  });

  test('a paused account costs the workers nothing, whatever becomes due or is added', async () => {
    await create('Held');
    await pause();
    await worker.runDue();
    const fenceBefore = await fence();
    await app.call('PATCH', path(), { missedPolicy: 'hold' });
    await create('Comes in');
    for (let round = 0; round < 5; round += 1) await runAfter(hour);
    expect(await fence()).toBe(fenceBefore);
    expect(await app.app.lanes.sweepLanes(app.clock.now())).toBe(0);
  });

  test('a post that is being published completes, and the next one of the same lease waits', async () => {
    const [first, second] = [await create('First'), await create('Second')];
    const asked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    const slow = app.app.createWorker({
      pinterest: {
        ...app.app.pinterest,
        of: (environment) => {
          const client = app.app.pinterest.of(environment);
          return {
            ...client,
            async createPin(token, body) {
              asked.resolve();
              await mayAnswer.promise;
              return client.createPin(token, body);
            },
          };
        },
      },
    });
    app.clock.advance(minute);
    const run = slow.runDue();
    await asked.promise;
    await pause();
    mayAnswer.resolve();
    await run;
    expect(await shown(first.id)).toMatchObject({ status: 'sent' });
    expect(await shown(second.id)).toMatchObject({ status: 'queued', attempts: 0 });
    expect(await pinsHere()).toHaveLength(1);
  });

  test('a post whose answer was lost is confirmed while the account is paused', async () => {
    const post = await create('Lost');
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    await pause();
    const next = await create('Next', 1_000);
    await runAfter(10_000);
    expect(await shown(post.id)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await shown(next.id)).toMatchObject({ status: 'queued', attempts: 0 });
  });

  test('resuming does not end a rest that Pinterest asked for', async () => {
    const post = await create('Limited');
    await limitNextPin({ 'retry-after': '300' });
    await runAfter(minute);
    await pause();
    await resume();
    await runAfter(4 * minute);
    expect(await shown(post.id)).toMatchObject({ status: 'queued', attempts: 1 });
    await runAfter(minute);
    expect(await shown(post.id)).toMatchObject({ status: 'sent' });
  });
});

describe('fail', () => {
  test('a post that becomes due fails with the reason, at its time; later posts stay queued', async () => {
    const [due, later] = [await create('Due'), await create('Later', 2 * hour)];
    await pause({ onDue: 'fail' });
    await worker.runDue();
    expect(await shown(due.id)).toMatchObject({ status: 'queued' });
    await runAfter(minute);
    expect(await shown(due.id)).toMatchObject({
      status: 'failed',
      attempts: 0,
      failure: { code: 'publishing_paused', message: expect.any(String), remediation: expect.any(String) },
    });
    expect(await shown(later.id)).toMatchObject({ status: 'queued' });
    expect(await pinsHere()).toEqual([]);
    await resume();
    await app.call('POST', `${path()}/posts/${due.id}/schedule`, { sendAt: inMs(minute) });
    await runAfter(minute);
    expect(await shown(due.id)).toMatchObject({ status: 'sent' });
  });

  test('a queue that waited fails when the policy is changed', async () => {
    const post = await create('Held');
    await pause();
    await runAfter(minute);
    await app.call('PATCH', path(), { pausedPolicy: 'fail' });
    await worker.runDue();
    expect(await shown(post.id)).toMatchObject({ status: 'failed' });
  });
});

describe('shift', () => {
  /** A timeslot each full hour. */
  const hourly = async (_account: unknown, after: Date) =>
    new Date((Math.floor(after.getTime() / hour) + 1) * hour);
  const times = async (posts: readonly { id: string }[]) =>
    Promise.all(posts.map(async ({ id }) => (await shown(id)).sendAt * 1000));

  test('a due post moves to the next timeslot; those after it move only as far as there is no room', async () => {
    app.clock.advance(hour - (app.clock.now().getTime() % hour));
    const start = app.clock.now().getTime();
    // Two at once, one in their way, and one with room.
    const posts = [
      await create('a', 10 * minute),
      await create('b', 10 * minute),
      await create('c', hour),
      await create('d', 6 * hour),
    ];
    await pause({ onDue: 'shift' });
    const shifting = app.app.createWorker({ nextTimeslot: hourly });
    app.clock.advance(10 * minute);
    await shifting.runDue();
    expect(await times(posts)).toEqual([1, 2, 3, 6].map((hours) => start + hours * hour));
    app.clock.advance(50 * minute);
    await shifting.runDue();
    expect(await times(posts)).toEqual([2, 3, 4, 6].map((hours) => start + hours * hour));
    expect(await pinsHere()).toEqual([]);
    await resume();
    for (let round = 0; round < 6; round += 1) {
      app.clock.advance(hour);
      await shifting.runDue();
    }
    const pins = (await pinsHere()).sort((x, y) => Number(x.requestNumber) - Number(y.requestNumber));
    expect(pins.map((pin) => pin.title)).toEqual(['a', 'b', 'c', 'd']);
    const { events } = (await app.call('GET', `${path()}/posts/${posts[0]?.id}/timeline`)).body.data;
    expect(events[1]).toMatchObject({
      type: 'post.scheduled',
      message: expect.stringContaining('Publishing is paused'),
    });
  });

  test('a worker that dies while it moves posts leaves them in the right order', async () => {
    app.clock.advance(hour - (app.clock.now().getTime() % hour));
    const start = app.clock.now().getTime();
    const posts = [await create('a', minute), await create('b', hour), await create('c', 2 * hour)];
    await pause({ onDue: 'shift' });
    const { lanes } = app.app;
    const died = Promise.withResolvers<void>();
    let moves = 0;
    const dying = app.app.createWorker({
      nextTimeslot: hourly,
      clock: { ...app.clock, every: () => () => {} },
      lanes: {
        ...lanes,
        move(...given) {
          moves += 1;
          if (moves === 1) return lanes.move(...given);
          died.resolve();
          return new Promise(() => {});
        },
      },
    });
    app.clock.advance(minute);
    void dying.runDue();
    await died.promise;
    expect(await times(posts)).toEqual([start + minute, start + hour, start + 3 * hour]);
    app.clock.advance(12_000);
    await app.app.createWorker({ nextTimeslot: hourly }).runDue();
    expect(await times(posts)).toEqual([1, 2, 3].map((hours) => start + hours * hour));
  });

  test('a queue that cannot be moved does not keep a post whose answer was lost from being confirmed', async () => {
    const lost = await create('Lost');
    await app.faults([{ operation: 'pins/create', when: 'after', kind: 'reset', times: 1 }]);
    await runAfter(minute);
    const waiting = await create('Waiting', 1_000);
    await pause({ onDue: 'shift' });
    const shifting = app.app.createWorker({ nextTimeslot: async () => null });
    app.clock.advance(10_000);
    await shifting.runDue();
    expect(await shown(lost.id)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await shown(waiting.id)).toMatchObject({ status: 'queued', attempts: 0 });
  });

  test('without timeslots the queue waits, and costs one lease per quarter of an hour', async () => {
    const post = await create('Held');
    await pause({ onDue: 'shift' });
    const shifting = app.app.createWorker({ nextTimeslot: async () => null });
    app.clock.advance(minute);
    await shifting.runDue();
    const fenceBefore = await fence();
    for (let round = 0; round < 14; round += 1) {
      app.clock.advance(minute);
      await shifting.runDue();
    }
    expect(await fence()).toBe(fenceBefore);
    expect(await shown(post.id)).toMatchObject({ status: 'queued', sendAt: post.sendAt, missed: true });
    await resume();
    await shifting.runDue();
    expect(await shown(post.id)).toMatchObject({ status: 'sent' });
  });
});

test('an account that is paused and unauthorized publishes nothing until both have ended', async () => {
  const post = await create('Patient');
  await app.faults([
    { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
  ]);
  await runAfter(minute);
  await pause();
  const grant = { organizationId: app.organizationId, accessToken: account.accessToken, ...plainGrant };
  await app.app.accounts.connect(grant);
  await runAfter(minute);
  expect(await shown(post.id)).toMatchObject({ status: 'queued' });
  await resume();
  await runAfter(minute);
  expect(await shown(post.id)).toMatchObject({ status: 'sent' });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
