import { kill } from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { eventually } from '../../../test/eventually.ts';
import { type Cancel, type Clock, systemClock } from '../clock.ts';
import { Outage } from '../errors.ts';
import { createLog } from '../log.ts';
import { type Listener, listen } from './index.ts';

interface Timer {
  delayMs: number;
  run: () => void;
}

const log = createLog({ level: 'silent', format: 'json' });
let testing: TestDatabase;
let listener: Listener;
let heard: string[];
let timers: Timer[];
let heartbeats: Timer[];

function keep(list: Timer[], delayMs: number, run: () => void): Cancel {
  const timer = { delayMs, run };
  list.push(timer);
  return () => list.splice(list.indexOf(timer), 1);
}

const clock: Clock = {
  now: systemClock.now,
  after: (delayMs, run) => keep(timers, delayMs, run),
  every: (delayMs, run) => keep(heartbeats, delayMs, run),
};

beforeEach(async () => {
  heard = [];
  timers = [];
  heartbeats = [];
  testing = await createTestDatabase({ empty: true });
  listener = await start();
});
afterEach(async () => {
  await listener.close();
  await testing.drop();
});

const start = () =>
  listen({
    url: testing.url,
    channel: 'Some channel',
    onNotify: (payload) => {
      heard.push(payload);
      if (payload === 'throw') throw new Error('a bug of the caller');
    },
    onGap: () => heard.push('(gap)'),
    log,
    clock,
    answerPatienceMs: 500,
  });

const notify = (payload: string) => testing.database.pool.query(`notify "Some channel", '${payload}'`);

const listenerPid = async () => {
  const { rows } = await testing.database.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'pintail listener' and datname = current_database()`,
  );
  return rows[0]?.pid;
};

async function cutConnection(): Promise<void> {
  await testing.database.pool.query('select pg_terminate_backend($1)', [await listenerPid()]);
  await eventually('a retry is planned', () => timers.length > 0);
}

function runTimer(): number {
  const timer = timers.shift();
  timer?.run();
  return timer?.delayMs ?? 0;
}

test('a listener receives the notifications of other processes', async () => {
  await notify('one');
  await notify('two');
  await eventually('both arrive', () => heard.length === 2);
  expect(heard).toEqual(['one', 'two']);
});

test('after a lost connection the listener reconnects and reports the gap', async () => {
  await cutConnection();
  await notify('nobody hears this');
  runTimer();
  await eventually('the gap is reported', () => heard.length > 0);
  await notify('back');
  await eventually('the next notification is received', () => heard.length > 1);
  expect(heard).toEqual(['(gap)', 'back']);
});

test('while the database is unavailable the listener retries with growing delays and reports no gap', async () => {
  const admin = testing.database.pool;
  const name = new URL(testing.url).pathname.slice(1);
  await admin.query(`alter database ${name} connection limit 0`);
  await cutConnection();
  const delays: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    delays.push(runTimer());
    await eventually('the next retry is planned', () => timers.length > 0);
  }
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
  expect(heard).toEqual([]);
  await admin.query(`alter database ${name} connection limit -1`);
  runTimer();
  await eventually('the gap is reported', () => heard.length > 0);
  expect(heard).toEqual(['(gap)']);
});

test('a connection that stops responding without ending is replaced', async () => {
  const pid = (await listenerPid()) ?? 0;
  kill(pid, 'SIGSTOP');
  try {
    heartbeats[0]?.run();
    await eventually('a retry is planned', () => timers.length > 0);
  } finally {
    kill(pid, 'SIGCONT');
  }
  runTimer();
  await eventually('the gap is reported', () => heard.length > 0);
});

test('an error in the handler does not stop the listener', async () => {
  await notify('throw');
  await notify('after');
  await eventually('both arrive', () => heard.length === 2);
});

test('a closed listener has no connection and plans no retry', async () => {
  await listener.close();
  await eventually('the session ends', async () => (await listenerPid()) === undefined);
  expect(timers).toEqual([]);
  expect(heartbeats).toEqual([]);
});

test('a listener that is closed during a retry has no connection', async () => {
  await cutConnection();
  runTimer();
  await listener.close();
  await eventually('the session ends', async () => (await listenerPid()) === undefined);
  expect(timers).toEqual([]);
  expect(heard).toEqual([]);
});

test('a database that is unavailable at the start is an Outage', async () => {
  const failing = listen({
    url: 'postgres://nobody@127.0.0.1:1/none',
    channel: 'any',
    onNotify: () => undefined,
    onGap: () => undefined,
    log,
    clock,
  });
  await expect(failing).rejects.toBeInstanceOf(Outage);
});
