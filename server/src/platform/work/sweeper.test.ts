import { beforeEach, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../../test/clock.ts';
import { createLog } from '../log.ts';
import { createSweeper, inPages, type Sweep, sweepEveryMs } from './sweeper.ts';

const log = createLog({ level: 'silent', format: 'json' });

let clock: TestClock;
let swept: string[];

beforeEach(() => {
  clock = createTestClock(new Date('2027-03-01T08:00:00Z'));
  swept = [];
});

const sweep = (name: string, run: () => Promise<unknown> = async () => {}): Sweep => ({
  name,
  run() {
    swept.push(name);
    return run();
  },
});

const failing = (name: string) => sweep(name, () => Promise.reject(new Error(`no ${name}`)));

test('a failed sweep does not prevent the other sweeps of the round', async () => {
  const sweeps = [failing('lanes'), sweep('posts'), sweep('events')];
  await expect(createSweeper({ clock, log, sweeps }).run()).rejects.toThrow('no lanes');
  expect(swept).toEqual(['lanes', 'posts', 'events']);
});

test('a round throws all failures', async () => {
  const sweeps = [failing('lanes'), failing('posts')];
  const error = await createSweeper({ clock, log, sweeps })
    .run()
    .catch((thrown: unknown) => thrown);
  expect((error as AggregateError).errors.map(String)).toEqual(['Error: no lanes', 'Error: no posts']);
});

test('a started sweeper sweeps periodically, one round at a time, until it is canceled', async () => {
  const slow = Promise.withResolvers<void>();
  const cancel = createSweeper({ clock, log, sweeps: [sweep('slow', () => slow.promise)] }).start();
  clock.advance(sweepEveryMs - 1);
  expect(swept).toHaveLength(0);
  clock.advance(1);
  clock.advance(3 * sweepEveryMs);
  expect(swept).toHaveLength(1);
  slow.resolve();
  await new Promise(setImmediate);
  clock.advance(sweepEveryMs);
  expect(swept).toHaveLength(2);
  await new Promise(setImmediate);
  cancel();
  clock.advance(sweepEveryMs);
  expect(swept).toHaveLength(2);
});

test('inPages removes pages until one is not full, for at most five seconds', async () => {
  let pages = 3;
  await inPages(clock, async () => --pages > 0);
  expect(pages).toBe(0);
  let removed = 0;
  await inPages(clock, async () => {
    clock.advance(1_000);
    removed += 1;
    return true;
  });
  expect(removed).toBe(5);
});
