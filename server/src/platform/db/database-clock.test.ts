import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../../test/clock.ts';
import { collectLog, type LogLine } from '../../../test/log.ts';
import { createLog } from '../log.ts';
import { createDatabaseClock, type DatabaseClock } from './database-clock.ts';

const start = new Date('2027-03-01T09:00:00Z');
const hour = 3600_000;

let machine: TestClock;
let databaseNow: Date;
let isAway = false;
let pending: (() => void)[] = [];
const readTime = () =>
  new Promise<Date>((resolve, reject) => {
    pending.push(() => (isAway ? reject(new Error('away')) : resolve(databaseNow)));
  });
async function answer() {
  const answers = pending;
  pending = [];
  for (const send of answers) send();
  await new Promise(setImmediate);
}

let clock: DatabaseClock;
const logged: LogLine[] = [];
const log = createLog({ level: 'warn', format: 'json' }, collectLog(logged));
beforeEach(async () => {
  isAway = false;
  machine = createTestClock(start);
  databaseNow = start;
  logged.length = 0;
  const creating = createDatabaseClock(readTime, machine, log);
  await answer();
  clock = await creating;
});
afterEach(() => clock.stop());

test('the time is the database’s, also when the machine’s clock is wrong from the beginning', async () => {
  databaseNow = new Date(start.getTime() + hour);
  const creating = createDatabaseClock(readTime, machine, log);
  await answer();
  const corrected = await creating;
  expect(corrected.now()).toEqual(databaseNow);
  corrected.stop();
});

test.each([
  ['back', -hour],
  ['forward', hour],
])('a machine whose clock is set %s keeps the time until the database’s is measured', async (_, ms) => {
  machine.advance(1000);
  databaseNow = new Date(start.getTime() + 1000);
  expect(clock.now()).toEqual(databaseNow);
  machine.set(new Date(start.getTime() + 1000 + ms));
  expect(clock.now()).toEqual(databaseNow);
  await answer();
  expect(clock.now()).toEqual(databaseNow);
  expect(clock.setBack).toBeNull();
  machine.advance(500);
  expect(clock.now().getTime()).toBe(databaseNow.getTime() + 500);
});

test('when the database’s clock is set back as well, the time follows, and it is known', async () => {
  machine.set(new Date(start.getTime() - hour));
  databaseNow = new Date(start.getTime() - hour);
  expect(clock.now()).toEqual(start);
  await answer();
  expect(clock.now()).toEqual(databaseNow);
  expect(clock.setBack).toEqual({ at: databaseNow, byMs: hour });
  expect(logged.map(({ msg }) => msg).join()).toContain("the database's clock was set back");
});

test('a machine that was suspended has the new time at once after the measurement', async () => {
  machine.set(new Date(start.getTime() + hour));
  databaseNow = new Date(start.getTime() + hour);
  clock.now();
  await answer();
  expect(clock.now()).toEqual(databaseNow);
});

test('while the database is away, a step of the machine’s clock counts after the failed measurement', async () => {
  isAway = true;
  machine.set(new Date(start.getTime() + hour));
  expect(clock.now()).toEqual(start);
  await answer();
  expect(clock.now().getTime()).toBe(start.getTime() + hour);
});
