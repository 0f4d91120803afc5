// Background jobs without an order. A job is sent in the transaction of its cause, so it exists only if that commits.
// It runs at least once, even if processes die. pg-boss stores and runs jobs.
import type { Cancel, Clock } from '../clock.ts';
import type { Database, Tx } from '../db/index.ts';
import type { Log } from '../log.ts';
import { createBoss, sendOptions } from './boss.ts';
import {
  type Handled,
  type JobHandler,
  notifyWorkers,
  pollSeconds,
  runDueOf,
  startWorkers,
} from './handlers.ts';
import { announceJob, hasJobs } from './jobs.queries.ts';
import type { Queue } from './queue.ts';

export interface JobsParts {
  database: Database;
  clock: Clock;
  log: Log;
}

export interface SendJob {
  /** The key for `oneWaitingPerKey`. */
  key?: string;
  /** The sender, for `onePerGroup`: usually the organization. */
  group?: string;
}

export interface Jobs {
  /** Sends a job in the transaction of its cause. Returns false if a job with this key is already waiting. */
  send<Data extends object>(tx: Tx, queue: Queue<Data>, data: Data, options?: SendJob): Promise<boolean>;
  /** Sets the handler of a queue. Called once for each queue, while the parts are built. */
  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>): void;
  /** Starts working. Called only in processes with the worker role. */
  start(): Promise<void>;
  /** Polls immediately. Called after a notification, or when notifications may have been lost. */
  wake(queue?: string): void;
  /** For tests: runs every due job, and those that they send, in this process. Resolves when none is left. */
  runDue(): Promise<void>;
  /** Claims no more jobs and waits for running ones. After `graceMs`, another process runs them again. */
  stop(graceMs: number): Promise<void>;
}

export function createJobs({ database, clock, log }: JobsParts): Jobs {
  const handled = new Map<string, Handled>();
  const boss = createBoss({ database, log, supervises: () => isStarted });
  const stopping = new AbortController();
  let working: Promise<unknown> | undefined;
  let isStarted = false;
  let cancelPoll: Cancel = () => {};

  /** Starts the workers. Until then, this process only polls for a first job. */
  function beginWork(): Promise<unknown> {
    const entries = [...handled.values()];
    working ??= boss
      .load()
      .then(() => {
        cancelPoll();
        return Promise.all(
          entries.map((entry) => startWorkers(boss, entry, { log, stopping: stopping.signal })),
        );
      })
      .catch((error: unknown) => {
        working = undefined;
        throw error;
      });
    return working;
  }

  async function beginIfNeeded(): Promise<void> {
    if (stopping.signal.aborted || working || !(await hasJobs(database.db))) return;
    await beginWork();
  }

  function inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => log.warn({ err: error }, 'jobs could not be polled'));
  }

  return {
    async send(tx, queue, data, options = {}) {
      const pgBoss = await boss.load();
      await boss.ensureQueue(pgBoss, queue);
      const { fromKysely } = await import('pg-boss');
      const id = await pgBoss.send(queue.name, data, { db: fromKysely(tx), ...sendOptions(queue, options) });
      if (id !== null) await announceJob(tx, queue.name);
      return id !== null;
    },
    work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>) {
      if (handled.has(queue.name)) throw new Error(`The queue ${queue.name} already has a handler.`);
      // Safe, because `send` accepts only data of the queue's type.
      handled.set(queue.name, { queue, handler: handler as JobHandler<object>, workerIds: [] });
    },
    async start() {
      isStarted = true;
      cancelPoll = clock.every(pollSeconds * 1000, () => inBackground(beginIfNeeded()));
      await beginIfNeeded();
    },
    wake(queue) {
      if (isStarted && !stopping.signal.aborted)
        inBackground(working ? notifyWorkers(boss, handled, queue) : beginWork());
    },
    async runDue() {
      const pgBoss = await boss.load();
      const entries = [...handled.values()];
      await Promise.all(entries.map(({ queue }) => boss.ensureQueue(pgBoss, queue)));
      while (
        (await Promise.all(entries.map((entry) => runDueOf(pgBoss, entry, log)))).some((count) => count > 0)
      );
    },
    async stop(graceMs) {
      stopping.abort();
      cancelPoll();
      await working?.catch(() => undefined);
      await boss.stop(graceMs);
    },
  };
}
