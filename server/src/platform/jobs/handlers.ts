// Runs the handlers of a process, one for each queue, in the workers of pg-boss.
import type { PgBoss } from 'pg-boss';
import type { Log } from '../log.ts';
import type { Boss } from './boss.ts';
import type { Queue } from './queue.ts';

/** The second parameter of a handler. */
export interface JobContext {
  /** Aborted when the job exceeds its timeout or the process stops. */
  signal: AbortSignal;
  /** The number of the attempt, from 1. */
  attempt: number;
  log: Log;
}

/** Runs a job. If it throws, the error is logged and the job retried. May run more than once for a job. */
export type JobHandler<Data extends object> = (data: Data, context: JobContext) => Promise<void>;

export interface Handled {
  queue: Queue<object>;
  handler: JobHandler<object>;
  /** The ids of this process's workers in pg-boss. */
  workerIds: string[];
}

interface ClaimedJob {
  id: string;
  data: object;
  retryCount: number;
  signal: AbortSignal;
}

/** The poll interval, for retries and for jobs whose notification was lost. */
export const pollSeconds = 10;

/** Starts the workers of a queue in this process. */
export async function startWorkers(
  boss: Boss,
  entry: Handled,
  { log, stopping }: { log: Log; stopping: AbortSignal },
): Promise<void> {
  const { queue } = entry;
  const pgBoss = await boss.load();
  await boss.ensureQueue(pgBoss, queue);
  for (let index = 0; index < queue.concurrency && !stopping.aborted; index += 1) {
    let id = '';
    const options = {
      pollingIntervalSeconds: pollSeconds,
      ...(queue.onePerGroup && { localGroupConcurrency: 1 }),
    };
    id = await pgBoss.work<object>(queue.name, options, async ([job]) => {
      try {
        if (job) await handle(entry, job, log);
      } finally {
        // Otherwise the worker would wait for its next poll even if more jobs are queued.
        pgBoss.notifyWorker(id);
      }
    });
    entry.workerIds.push(id);
  }
}

/** Makes the workers of one queue, or of all queues, poll immediately. */
export async function notifyWorkers(
  boss: Boss,
  handled: ReadonlyMap<string, Handled>,
  name?: string,
): Promise<void> {
  const pgBoss = await boss.load();
  for (const { queue, workerIds } of handled.values())
    if (name === undefined || name === queue.name) for (const id of workerIds) pgBoss.notifyWorker(id);
}

/** Runs due jobs of a queue, up to its concurrency. Returns their number. */
export async function runDueOf(pgBoss: PgBoss, entry: Handled, log: Log): Promise<number> {
  const { name, concurrency } = entry.queue;
  const jobs = await pgBoss.fetch<object>(name, { batchSize: concurrency });
  await Promise.all(
    jobs.map((job) =>
      handle(entry, { ...job, signal: new AbortController().signal }, log).then(
        () => pgBoss.complete(name, job),
        (error: unknown) => pgBoss.fail(name, job, { message: String(error) }),
      ),
    ),
  );
  return jobs.length;
}

async function handle({ queue, handler }: Handled, job: ClaimedJob, log: Log): Promise<void> {
  const jobLog = log.child({ queue: queue.name, jobId: job.id });
  try {
    await handler(job.data, { signal: job.signal, attempt: job.retryCount + 1, log: jobLog });
  } catch (error) {
    const isLast = job.retryCount >= queue.retries;
    jobLog.warn({ err: error, attempt: job.retryCount + 1, isLast }, 'a job failed');
    throw error;
  }
}
