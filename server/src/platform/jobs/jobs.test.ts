import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestClock } from '../../../test/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { eventually } from '../../../test/eventually.ts';
import { collectLog, type LogLine } from '../../../test/log.ts';
import { listen } from '../db/index.ts';
import { jobsSchemaVersion } from '../db/job-tables.queries.ts';
import { createLog } from '../log.ts';
import { createJobs, defineQueue, type Jobs, jobsChannel } from './index.ts';

const plain = { concurrency: 2, timeoutSeconds: 60, retries: 2, retryDelaySeconds: 0 };

let testing: TestDatabase;
const clock = createTestClock();
const logLines: LogLine[] = [];
const closers: (() => Promise<unknown>)[] = [];
let queueNumber = 0;

beforeAll(async () => {
  testing = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => testing.drop());

/** Creates an instance, which represents a process. */
function newJobs(): Jobs {
  const log = createLog({ level: 'debug', format: 'json' }, collectLog(logLines));
  const jobs = createJobs({ database: testing.database, clock, log });
  closers.push(() => jobs.stop(5_000));
  return jobs;
}

/** Creates a queue that no other test uses. */
function newQueue(options: Partial<typeof plain> & { oneWaitingPerKey?: true; onePerGroup?: true } = {}) {
  queueNumber += 1;
  return defineQueue<{ text: string }>(`test-${queueNumber}`, { ...plain, ...options });
}

const inTransaction: TestDatabase['database']['transaction'] = (work) => testing.database.transaction(work);

describe('a job', () => {
  test('a job runs after its transaction commits, and never if it is rolled back', async () => {
    const jobs = newJobs();
    const queue = newQueue();
    const done: string[] = [];
    jobs.work(queue, async ({ text }) => void done.push(text));
    await inTransaction((tx) => jobs.send(tx, queue, { text: 'kept' }));
    await expect(
      inTransaction(async (tx) => {
        await jobs.send(tx, queue, { text: 'undone' });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await jobs.runDue();
    expect(done).toEqual(['kept']);
  });

  test('a failed job is retried up to the limit of its queue, and each failure is logged', async () => {
    const jobs = newJobs();
    const queue = newQueue({ retries: 2 });
    const attempts: number[] = [];
    jobs.work(queue, async (_data, { attempt }) => {
      attempts.push(attempt);
      throw new Error('not today');
    });
    await inTransaction((tx) => jobs.send(tx, queue, { text: 'x' }));
    await jobs.runDue();
    expect(attempts).toEqual([1, 2, 3]);
    const lines = logLines.filter((line) => line.queue === queue.name);
    expect(lines.map(({ attempt, isLast }) => [attempt, isLast])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('a handler can send another job', async () => {
    const jobs = newJobs();
    const queue = newQueue();
    const done: string[] = [];
    jobs.work(queue, async ({ text }) => {
      done.push(text);
      if (text.length < 3) await inTransaction((tx) => jobs.send(tx, queue, { text: `${text}x` }));
    });
    await inTransaction((tx) => jobs.send(tx, queue, { text: 'x' }));
    await jobs.runDue();
    expect(done).toEqual(['x', 'xx', 'xxx']);
  });

  test('only one job per key waits in a queue with `oneWaitingPerKey`', async () => {
    const jobs = newJobs();
    const queue = newQueue({ oneWaitingPerKey: true });
    const sent = async (key: string) => inTransaction((tx) => jobs.send(tx, queue, { text: key }, { key }));
    const done: string[] = [];
    let again: boolean | undefined;
    jobs.work(queue, async ({ text }) => {
      // A running job may have missed a later change, so another one can wait.
      if (done.length === 0) again = await sent(text);
      done.push(text);
    });
    expect(await sent('a')).toBe(true);
    expect(await sent('a')).toBe(false);
    await jobs.runDue();
    expect(again).toBe(true);
    expect(done).toEqual(['a', 'a']);
  });
});

describe('processes that work', () => {
  async function startProcess(queue: ReturnType<typeof newQueue>, done: string[]) {
    const jobs = newJobs();
    jobs.work(queue, async ({ text }) => void done.push(text));
    await jobs.start();
    const log = createLog({ level: 'silent', format: 'json' });
    const listener = await listen({
      url: testing.url,
      channel: jobsChannel,
      onNotify: jobs.wake,
      onGap: jobs.wake,
      log,
      clock,
    });
    closers.push(() => listener.close());
    return jobs;
  }

  test('processes share the jobs and are notified of them immediately', async () => {
    const queue = newQueue();
    const done: string[] = [];
    await startProcess(queue, done);
    await startProcess(queue, done);
    const sender = newJobs();
    const texts = Array.from({ length: 40 }, (_, index) => String(index));
    const began = performance.now();
    await inTransaction(async (tx) => {
      for (const text of texts) await sender.send(tx, queue, { text });
    });
    await eventually('all are done', () => done.length >= texts.length);
    // Faster than polling: workers are notified of new jobs and after each job.
    expect(performance.now() - began).toBeLessThan(9_000);
    expect([...done].sort()).toEqual([...texts].sort());
  });

  test('a process runs jobs that were sent before it started', async () => {
    const queue = newQueue();
    const sender = newJobs();
    await inTransaction((tx) => sender.send(tx, queue, { text: 'early' }));
    const done: string[] = [];
    await startProcess(queue, done);
    await eventually('the job is done', () => done.length === 1);
  });

  test('a process completes its running jobs before it stops', async () => {
    const queue = newQueue();
    const jobs = newJobs();
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    let hasEnded = false;
    jobs.work(queue, async () => {
      begun.resolve();
      await mayEnd.promise;
      hasEnded = true;
    });
    await inTransaction((tx) => jobs.send(tx, queue, { text: 'x' }));
    await jobs.start();
    await begun.promise;
    const stopped = jobs.stop(5_000);
    mayEnd.resolve();
    await stopped;
    expect(hasEnded).toBe(true);
    const { rows } = await testing.database.pool.query('select state from pgboss.job where name = $1', [
      queue.name,
    ]);
    expect(rows).toEqual([{ state: 'completed' }]);
  });
});

test('`jobsSchemaVersion` equals the schema version of pg-boss', () => {
  const file = new URL('../../../../node_modules/pg-boss/package.json', import.meta.url);
  const { pgboss } = JSON.parse(readFileSync(file, 'utf8')) as { pgboss: { schema: number } };
  expect(jobsSchemaVersion).toBe(pgboss.schema);
});

test('jobs of one group run one at a time, and a job of another group does not wait for them', async () => {
  const jobs = newJobs();
  const queue = newQueue({ concurrency: 2, onePerGroup: true });
  const end = Promise.withResolvers<void>();
  const started: string[] = [];
  jobs.work(queue, async ({ text }) => {
    started.push(text);
    if (text.startsWith('large')) await end.promise;
  });
  const sendTo = (group: string, text: string) =>
    inTransaction((tx) => jobs.send(tx, queue, { text }, { group }));
  await sendTo('org_large', 'large 1');
  await jobs.start();
  await eventually('the first job runs', () => started.length === 1);
  await sendTo('org_large', 'large 2');
  await sendTo('org_large', 'large 3');
  await sendTo('org_small', 'small');
  jobs.wake(queue.name);
  await eventually('the small job ran', () => started.includes('small'));
  expect(started.filter((text) => text.startsWith('large'))).toEqual(['large 1']);
  end.resolve();
  await eventually('all jobs ran', () => started.length === 4);
});
