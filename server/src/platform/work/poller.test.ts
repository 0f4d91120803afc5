// Tests the poller with work in memory and the test clock. `settled` waits for its promises.
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
/** Waits for the poller, which awaits a few promises between two steps. */
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
/** The items that are being served, with functions that end them. */
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

/** Creates a claim that the test completes. */
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

test('a started poller polls immediately and then at each interval', async () => {
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

test('the poller polls when the next item is due, if that is before the end of the interval', async () => {
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

test('a poller that is woken polls immediately', async () => {
  const poller = create();
  poller.start();
  await settled();
  poller.wake();
  await settled();
  expect(claims).toHaveLength(2);
});

test('a poller that is woken often polls no more than once per spacing', async () => {
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

test('a poller that is woken during a poll polls again after it', async () => {
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

test('a poller at its concurrency claims nothing until an item is finished', async () => {
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

test('a poller at its concurrency does not read the next wake-up, but reports its polls', async () => {
  let reads = 0;
  add('a');
  create({
    concurrency: 1,
    async findNextWake() {
      reads += 1;
      return null;
    },
  }).start();
  await settled();
  await advance(pollMs);
  expect([polls, reads]).toEqual([2, 0]);
});

test('a failed claim is logged and retried with doubled delays, up to the interval', async () => {
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

test('a poller that backs off ignores wake-ups until a poll succeeds', async () => {
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

test('an item that cannot be served is logged with its id, and the next item is served', async () => {
  const poller = create();
  add('a', 'b', 'c');
  poller.start();
  await settled();
  serving.get('a')?.fail(new Error('broken'));
  await settled();
  expect(logged).toMatchObject([{ msg: 'claimed work could not be served', jobId: 'a' }]);
  expect([...serving.keys()]).toEqual(['a', 'b', 'c']);
});

test('all leases are renewed together, four times before they would expire', async () => {
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

test('a lease whose renewals fail is lost at its end by our clock, and stays lost', async () => {
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

test('the late response of a renewal does not shorten a lease that was renewed later', async () => {
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
  // The lease expired while this process was still serving the item.
  add('a');
  poller.wake();
  await settled();
  expect(leases.map((lease) => lease.isHeld())).toEqual([false, true]);
  await advance(leaseMs / 4);
  expect(renewals).toEqual([['a']]);
});

test('runDue serves items until none is due, and returns their number', async () => {
  add('a', 'b', 'c');
  const poller = create();
  const done = poller.runDue();
  await settled();
  await finish('a');
  await finish('b');
  await finish('c');
  expect(await done).toBe(3);
});

test('runDue renews leases while it runs, and stops its timer', async () => {
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

test('a stopped poller claims nothing, and its stop resolves when its items are finished', async () => {
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

test('a stop without grace returns the number of items that are being served', async () => {
  const poller = create();
  add('a', 'b');
  poller.start();
  await settled();
  const stopping = poller.stop(0);
  await advance(0);
  expect(await stopping).toBe(2);
});

test('a stop during a claim waits for the claimed items, which are served with an aborted signal', async () => {
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

test('a poller that is stopped while a claim fails does not retry', async () => {
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

test('a poller that is stopped while it waits or backs off does not poll', async () => {
  const waiting = create();
  waiting.start();
  const failing = create({ claim: () => Promise.reject(new Error('no database')) });
  failing.start();
  await settled();
  await Promise.all([waiting.stop(10_000), failing.stop(10_000)]);
  await advance(10 * pollMs);
  expect(polls).toBe(1);
});
