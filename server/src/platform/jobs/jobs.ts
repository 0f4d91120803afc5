// Work that is done later, when order does not matter. A job is sent in the transaction of its cause, so it exists if, and
// only if, that commits; and it is done at least once, whatever dies meanwhile. pg-boss stores and runs jobs.
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
  /** See `oneWaitingPerKey`. */
  key?: string;
}

export interface Jobs {
  /** Call it in the transaction of the cause. Returns whether it was sent: false if one with this key waits. */
  send<Data extends object>(tx: Tx, queue: Queue<Data>, data: Data, options?: SendJob): Promise<boolean>;
  /** Sets the handler of a queue. Called once for each queue, while the parts are built. */
  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>): void;
  /** Begins to work. Only in processes with the worker's role. */
  start(): Promise<void>;
  /** A job was announced, or an announcement may have been lost. */
  wake(queue?: string): void;
  /** For tests: does every job that is due, and those they send, in this process; resolves when none is left. */
  runDue(): Promise<void>;
  /** Claims no more jobs and waits for those under way; after `graceMs` another process runs them again. */
  stop(graceMs: number): Promise<void>;
}

export function createJobs({ database, clock, log }: JobsParts): Jobs {
  const handled = new Map<string, Handled>();
  const boss = createBoss({ database, log, supervises: () => isStarted });
  const stopping = new AbortController();
  let working: Promise<unknown> | undefined;
  let isStarted = false;
  let cancelPoll: Cancel = () => {};

  /** From here on this process works; before, it only waits for a first job to appear. */
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
    async send(tx, queue, data, { key } = {}) {
      const pgBoss = await boss.load();
      await boss.ensureQueue(pgBoss, queue);
      const { fromKysely } = await import('pg-boss');
      const id = await pgBoss.send(queue.name, data, { db: fromKysely(tx), ...sendOptions(queue, key) });
      if (id !== null) await announceJob(tx, queue.name);
      return id !== null;
    },
    work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>) {
      if (handled.has(queue.name)) throw new Error(`The queue ${queue.name} has a handler already.`);
      // A queue has only data that `send` was given, so the handler's type is that of the data.
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
