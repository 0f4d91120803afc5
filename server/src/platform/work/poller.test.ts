// The poller alone, on work in memory, with the test clock. Its promises are let run by `settled`; nothing sleeps.
import { beforeEach, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../../test/clock.ts';
import { collectLog, type LogLine } from '../../../test/log.ts';
import { nextTurn } from '../clock.ts';
import { createLog, type Log } from '../log.ts';
import type { Lease } from './lease.ts';
import { createPoller, type Poller, type PollerParts, type Serving } from './poller.ts';

interface Item {
  jobId: string;
}

const leaseMs = 12_000;
const pollMs = 2_000;
/** For the test's own polls to be counted: the poller awaits a few promises between two of its steps. */
const settled = async () => {
  for (let round = 0; round < 5; round += 1) await nextTurn();
};

let clock: TestClock;
let log: Log;
let logged: LogLine[];
/** Items that the next claims return, oldest first. */
let due: Item[];
let claims: { limit: number; at: number }[];
let polls: number;
let renewals: string[][];
/** Items being served, with what ends them. */
let serving: Map<string, Serving & { finish(): void; fail(error: Error): void }>;
let leases: Lease[];

beforeEach(() => {
  clock = createTestClock();
  logged = [];
  log = createLog({ level: 'warn', format: 'json' }, collectLog(logged));
  due = [];
  claims = [];
  polls = 0;
  renewals = [];
  serving = new Map();
  leases = [];
});

function create(change: Partial<PollerParts<Item>> = {}): Poller {
  return createPoller<Item>({
    ...{ clock, log, key: 'jobId', concurrency: 2, leaseMs, pollMs, spacingMs: () => 0 },
    async claim({ limit, now }) {
      claims.push({ limit, at: now.getTime() });
      return due.splice(0, limit);
    },
    serve: (item, context) =>
      new Promise<void>((resolve, reject) => {
        leases.push(context.lease);
        serving.set(item.jobId, {
          ...context,
          finish() {
            serving.delete(item.jobId);
            resolve();
          },
          fail: reject,
        });
      }),
    async renew(items) {
      renewals.push(items.map(({ jobId }) => jobId));
      return items;
    },
    polled: () => {
      polls += 1;
    },
    ...change,
  });
}

const add = (...jobIds: string[]) => due.push(...jobIds.map((jobId) => ({ jobId })));

async function advance(ms: number): Promise<void> {
  clock.advance(ms);
  await settled();
}

async function finish(jobId: string): Promise<void> {
  serving.get(jobId)?.finish();
  await settled();
}

/** A claim that returns when the test says so. */
function createSlowClaim() {
  const answers: ((items: Item[]) => void)[] = [];
  return {
    answers,
    claim: () =>
      new Promise<Item[]>((resolve) => {
        claims.push({ limit: 0, at: clock.now().getTime() });
        answers.push(resolve);
      }),
  };
}

test('a started poller polls at once, then each interval', async () => {
  create().start();
  await settled();
  expect(claims).toHaveLength(1);
  await advance(pollMs - 1);
  expect(claims).toHaveLength(1);
  await advance(1);
  expect(claims).toHaveLength(2);
});

test('a poller that was not started does not poll when it is woken', async () => {
  create().wake();
  await settled();
  expect(claims).toEqual([]);
});

test('the next poll is when the next item will be due, if that is sooner than the interval', async () => {
  const next = new Date(clock.now().getTime() + 700);
  create({ findNextWake: async () => (clock.now() < next ? next : null) }).start();
  await settled();
  await advance(699);
  expect(claims).toHaveLength(1);
  await advance(1);
  expect(claims).toHaveLength(2);
  await advance(pollMs - 1);
  expect(claims).toHaveLength(2);
});

test('a poller that is woken polls at once', async () => {
  const poller = create();
  poller.start();
  await settled();
  poller.wake();
  await settled();
  expect(claims).toHaveLength(2);
});

test('however often it is woken, polls start no closer to each other than the spacing', async () => {
  const poller = create({ spacingMs: () => 500 });
  poller.start();
  await settled();
  for (let count = 0; count < 5; count += 1) poller.wake();
  await settled();
  expect(claims).toHaveLength(1);
  await advance(499);
  poller.wake();
  await settled();
  expect(claims).toHaveLength(1);
  await advance(1);
  expect(claims).toHaveLength(2);
});

test('the spacing is computed from the number of items that are being served', async () => {
  const poller = create({ spacingMs: (active) => active * 100 });
  add('a');
  poller.start();
  await settled();
  poller.wake();
  await advance(99);
  expect(claims).toHaveLength(1);
  await advance(1);
  expect(claims).toHaveLength(2);
});

test('a clock that was set back does not delay a poll', async () => {
  let now = clock.now();
  const poller = create({ clock: { ...clock, now: () => now }, spacingMs: () => 500 });
  poller.start();
  await settled();
  now = new Date(now.getTime() - 3_600_000);
  poller.wake();
  await settled();
  expect(claims).toHaveLength(2);
});

test('woken while it polls, it does not poll twice at a time, and polls again after', async () => {
  const slow = createSlowClaim();
  const poller = create({ claim: slow.claim });
  poller.start();
  poller.wake();
  poller.wake();
  await settled();
  expect(claims).toHaveLength(1);
  slow.answers[0]?.([]);
  await settled();
  expect(claims).toHaveLength(2);
  slow.answers[1]?.([]);
  await settled();
  expect(claims).toHaveLength(2);
});

test('with no room left it claims nothing, however often it is woken, until an item is finished', async () => {
  const poller = create();
  add('a', 'b', 'c');
  poller.start();
  await settled();
  poller.wake();
  await settled();
  expect([...serving.keys()]).toEqual(['a', 'b']);
  expect(claims).toHaveLength(1);
  await finish('a');
  expect([...serving.keys()]).toEqual(['b', 'c']);
  expect(claims.map(({ limit }) => limit)).toEqual([2, 1]);
});

test('with no room left it does not read when the next item is due, but reports its polls', async () => {
  let questions = 0;
  add('a');
  create({
    concurrency: 1,
    async findNextWake() {
      questions += 1;
      return null;
    },
  }).start();
  await settled();
  await advance(pollMs);
  expect([polls, questions]).toEqual([2, 0]);
});

test('a claim that fails is logged and tried again, each time after twice as long, at most the interval', async () => {
  create({
    claim() {
      claims.push({ limit: 0, at: clock.now().getTime() });
      return Promise.reject(new Error('no database'));
    },
  }).start();
  await settled();
  for (let count = 0; count < 160; count += 1) await advance(50);
  const [first = 0] = claims.map(({ at }) => at);
  expect(claims.map(({ at }) => at - first)).toEqual([0, 250, 750, 1750, 3750, 5750, 7750]);
  expect(logged[0]).toMatchObject({ msg: 'due work could not be claimed', key: 'jobId' });
  expect(logged).toHaveLength(7);
});

test('while it backs off it does not poll when it is woken; after a success it does', async () => {
  let fails = true;
  const poller = create({
    async claim() {
      claims.push({ limit: 0, at: clock.now().getTime() });
      if (fails) throw new Error('no database');
      return [];
    },
  });
  poller.start();
  await settled();
  poller.wake();
  await settled();
  expect(claims).toHaveLength(1);
  fails = false;
  await advance(250);
  expect(claims).toHaveLength(2);
  poller.wake();
  await settled();
  expect(claims).toHaveLength(3);
});

test('an item that cannot be served is logged with its id, makes room, and stops no other', async () => {
  const poller = create();
  add('a', 'b', 'c');
  poller.start();
  await settled();
  serving.get('a')?.fail(new Error('broken'));
  await settled();
  expect(logged).toMatchObject([{ msg: 'claimed work could not be served', jobId: 'a' }]);
  expect([...serving.keys()]).toEqual(['a', 'b', 'c']);
});

test('leases are renewed four times before they would expire, all of them together', async () => {
  add('a', 'b');
  create().start();
  await settled();
  await advance(leaseMs / 4);
  expect(renewals).toEqual([['a', 'b']]);
  for (let count = 0; count < 7; count += 1) await advance(leaseMs / 4);
  expect(renewals).toHaveLength(8);
  expect(leases.map((lease) => lease.isHeld())).toEqual([true, true]);
});

test('a lease that is not returned by its renewal is lost; the others are held', async () => {
  add('a', 'b');
  create({ renew: async (items) => items.filter(({ jobId }) => jobId !== 'a') }).start();
  await settled();
  await advance(leaseMs / 4);
  expect(leases.map((lease) => lease.isHeld())).toEqual([false, true]);
});

test('a lease whose renewals fail is lost when our clock passes its end, and stays lost', async () => {
  let fails = true;
  add('a');
  create({
    renew: async (items) => {
      if (fails) throw new Error('no database');
      return items;
    },
  }).start();
  await settled();
  await advance(leaseMs - 1);
  expect(leases[0]?.isHeld()).toBe(true);
  await advance(1);
  expect(leases[0]?.isHeld()).toBe(false);
  fails = false;
  await advance(leaseMs / 4);
  expect(leases[0]?.isHeld()).toBe(false);
  expect(logged.map(({ msg }) => msg)).toContain('leases could not be renewed');
});

test('a renewal that is answered late does not shorten the lease of one that followed it', async () => {
  const answers: (() => void)[] = [];
  add('a');
  create({
    renew: (items) =>
      new Promise((resolve) => {
        answers.push(() => resolve(items));
      }),
  }).start();
  await settled();
  await advance(leaseMs / 4);
  await advance(leaseMs / 4);
  answers[1]?.();
  answers[0]?.();
  await settled();
  clock.advance(leaseMs - 1);
  expect(leases[0]?.isHeld()).toBe(true);
  clock.advance(1);
  expect(leases[0]?.isHeld()).toBe(false);
});

test('an item that is claimed again is served under the new lease; the earlier lease is lost', async () => {
  const poller = create();
  add('a');
  poller.start();
  await settled();
  // It expired, although this process was still serving it.
  add('a');
  poller.wake();
  await settled();
  expect(leases.map((lease) => lease.isHeld())).toEqual([false, true]);
  await advance(leaseMs / 4);
  expect(renewals).toEqual([['a']]);
});

test('runDue serves what is due until nothing is, and returns how many items it served', async () => {
  add('a', 'b', 'c');
  const poller = create();
  const done = poller.runDue();
  await settled();
  await finish('a');
  await finish('b');
  await finish('c');
  expect(await done).toBe(3);
});

test('runDue renews leases while it runs, and leaves no timer behind', async () => {
  let timers = 0;
  const counting: TestClock = {
    ...clock,
    every(periodMs, run) {
      timers += 1;
      const cancel = clock.every(periodMs, run);
      return () => {
        timers -= 1;
        cancel();
      };
    },
  };
  add('a');
  const done = create({ clock: counting }).runDue();
  await settled();
  await advance(leaseMs / 4);
  expect(renewals).toEqual([['a']]);
  await finish('a');
  await done;
  expect(timers).toBe(0);
});

test('runDue of a stopped poller claims nothing', async () => {
  const poller = create();
  await poller.stop(0);
  add('a');
  expect(await poller.runDue()).toBe(0);
  expect(due).toHaveLength(1);
});

test('a stopped poller claims nothing more, and completes when its items are finished', async () => {
  const poller = create();
  add('a', 'b', 'c');
  poller.start();
  await settled();
  let left: number | null = null;
  void poller.stop(10_000).then((count) => {
    left = count;
  });
  expect(serving.get('a')?.stopping.aborted).toBe(true);
  await finish('a');
  expect(left).toBeNull();
  await finish('b');
  expect(left).toBe(0);
  const pollsBefore = polls;
  poller.wake();
  await advance(10 * pollMs);
  expect(polls).toBe(pollsBefore);
});

test('leases are renewed during the grace of a stop, and not after', async () => {
  const poller = create();
  add('a');
  poller.start();
  await settled();
  const stopping = poller.stop(leaseMs);
  await advance(leaseMs / 2);
  expect(renewals).toHaveLength(2);
  await advance(leaseMs / 2);
  expect(await stopping).toBe(1);
  renewals.length = 0;
  await advance(10 * leaseMs);
  expect(renewals).toEqual([]);
});

test('a stop without grace leaves what is being served, and says how much it is', async () => {
  const poller = create();
  add('a', 'b');
  poller.start();
  await settled();
  const stopping = poller.stop(0);
  await advance(0);
  expect(await stopping).toBe(2);
});

test('a stop during a claim waits for what was claimed, which is served with the abort signal set', async () => {
  const slow = createSlowClaim();
  const poller = create({ claim: slow.claim });
  poller.start();
  const stopping = poller.stop(10_000);
  slow.answers[0]?.([{ jobId: 'late' }]);
  await settled();
  expect(serving.get('late')?.stopping.aborted).toBe(true);
  await finish('late');
  expect(await stopping).toBe(0);
  expect(claims).toHaveLength(1);
});

test('a poller that is stopped while a claim fails does not try again', async () => {
  const poller = create({
    claim() {
      claims.push({ limit: 0, at: clock.now().getTime() });
      return Promise.reject(new Error('no database'));
    },
  });
  poller.start();
  const stopping = poller.stop(10_000);
  await settled();
  expect(await stopping).toBe(0);
  await advance(10 * pollMs);
  expect([claims.length, polls]).toEqual([1, 0]);
});

test('a poller that is stopped while it waits, or backs off, polls no more', async () => {
  const waiting = create();
  waiting.start();
  const failing = create({ claim: () => Promise.reject(new Error('no database')) });
  failing.start();
  await settled();
  await Promise.all([waiting.stop(10_000), failing.stop(10_000)]);
  await advance(10 * pollMs);
  expect(polls).toBe(1);
});
