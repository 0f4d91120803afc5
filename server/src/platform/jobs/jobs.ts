// Work that is done later, where order does not matter: a job is sent in the transaction of its cause, so it
// exists if, and only if, that commits; and it is done at least once, whatever dies meanwhile. pg-boss does the
// work; it is loaded when the first job appears, for most installations have none and it takes 18 MB.
import type { PgBoss, SendOptions } from 'pg-boss';
import type { Cancel, Clock } from '../clock.ts';
import { type Database, jobsSchema, type Tx } from '../db/index.ts';
import type { Log } from '../log.ts';
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

/** What a handler is told besides the job's data. */
export interface JobContext {
  /** Aborted when the job has taken too long, or the process stops. */
  signal: AbortSignal;
  /** 1 for the first. */
  attempt: number;
  log: Log;
}

/** Resolves when the job is done. What it throws is logged, and the job tried again. May run twice. */
export type JobHandler<Data extends object> = (data: Data, context: JobContext) => Promise<void>;

export interface Jobs {
  /** Belongs into the transaction of what causes the job. Returns whether it was sent: false where one waits. */
  send<Data extends object>(tx: Tx, queue: Queue<Data>, data: Data, options?: SendJob): Promise<boolean>;
  /** Says who does the jobs of a queue; called once for each queue, while the parts are built. */
  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>): void;
  /** Begins to work. Only in processes with the worker's role. */
  start(): Promise<void>;
  /** A process was told of a new job, or may have missed it. */
  wake(queue?: string): void;
  /** For tests: does every job that is due, and those they send, in this process; resolves when none is left. */
  runDue(): Promise<void>;
  /** Takes no more, and waits for what is under way; what takes longer is done again by another process. */
  stop(graceMs: number): Promise<void>;
}

/** For jobs that nobody announced: a failed one's next try, or one whose announcement was missed. */
const pollSeconds = 10;
/** A job whose process gives no sign for this long is given to another one. The library's least. */
const signOfLifeSeconds = 10;
/** How often jobs are looked for whose process gave no sign. */
const superviseSeconds = 20;
const doneKeptSeconds = 3600;
/** A job that nobody has taken by then is of no use any more. */
const waitingKeptSeconds = 14 * 24 * 3600;

interface Worked {
  queue: Queue<object>;
  handler: JobHandler<object>;
  /** The library's ids of the workers of this process. */
  workerIds: string[];
}

export function createJobs({ database, clock, log }: JobsParts): Jobs {
  const worked = new Map<string, Worked>();
  const known = new Map<string, Promise<void>>();
  let loading: Promise<PgBoss> | undefined;
  let working: Promise<void> | undefined;
  let isStarted = false;
  let isStopped = false;
  let cancelPoll: Cancel = () => {};

  function load(): Promise<PgBoss> {
    loading ??= open().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  async function open(): Promise<PgBoss> {
    const { PgBoss } = await import('pg-boss');
    const boss = new PgBoss({
      db: { executeSql: (text, values) => database.pool.query(text, values) },
      schema: jobsSchema,
      migrate: false,
      schedule: false,
      registerInstance: false,
      monitorVacuum: false,
      openTelemetry: { enabled: false },
      supervise: isStarted,
      superviseIntervalSeconds: superviseSeconds,
      monitorIntervalSeconds: superviseSeconds,
    });
    boss.on('error', (error) => log.warn({ err: error }, 'a job queue failed'));
    boss.on('warning', ({ message, data }) => log.warn({ data }, message));
    await boss.start();
    return boss;
  }

  /** Makes the queue unless it is there. Any number of processes may do so at once. */
  function ensure(boss: PgBoss, queue: Queue<object>): Promise<void> {
    const making =
      known.get(queue.name) ??
      boss
        .createQueue(queue.name, { policy: queue.oneWaitingPerKey ? 'short' : 'standard' })
        .catch((error: unknown) => {
          known.delete(queue.name);
          throw error;
        });
    known.set(queue.name, making);
    return making;
  }

  async function handle({ queue, handler }: Worked, job: Taken): Promise<void> {
    const jobLog = log.child({ queue: queue.name, jobId: job.id });
    try {
      await handler(job.data, { signal: job.signal, attempt: job.retryCount + 1, log: jobLog });
    } catch (error) {
      const isLast = job.retryCount >= queue.retries;
      jobLog.warn({ err: error, attempt: job.retryCount + 1, isLast }, 'a job failed');
      throw error;
    }
  }

  async function workOn(boss: PgBoss, entry: Worked): Promise<void> {
    const { queue } = entry;
    await ensure(boss, queue);
    for (let index = 0; index < queue.concurrency && !isStopped; index += 1) {
      let id = '';
      id = await boss.work<object>(queue.name, { pollingIntervalSeconds: pollSeconds }, async ([job]) => {
        try {
          if (job) await handle(entry, job);
        } finally {
          // Left to itself the worker would now wait for its next poll, whatever else is queued.
          boss.notifyWorker(id);
        }
      });
      entry.workerIds.push(id);
    }
  }

  /** From here on this process works; before, it only waits for a first job to appear. */
  function beginWork(): Promise<void> {
    working ??= load()
      .then(async (boss) => {
        cancelPoll();
        await Promise.all([...worked.values()].map((entry) => workOn(boss, entry)));
      })
      .catch((error: unknown) => {
        working = undefined;
        throw error;
      });
    return working;
  }

  async function beginIfNeeded(): Promise<void> {
    if (isStopped || working || !(await hasJobs(database.db))) return;
    await beginWork();
  }

  function inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => log.warn({ err: error }, 'jobs could not be looked for'));
  }

  return {
    async send(tx, queue, data, { key } = {}) {
      const boss = await load();
      await ensure(boss, queue);
      const { fromKysely } = await import('pg-boss');
      const id = await boss.send(queue.name, data, { db: fromKysely(tx), ...sendOptions(queue, key) });
      if (id !== null) await announceJob(tx, queue.name);
      return id !== null;
    },

    work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>) {
      if (worked.has(queue.name)) throw new Error(`Somebody works on the queue ${queue.name} already.`);
      // Only what was sent to the queue comes out of it, and `send` takes nothing else.
      worked.set(queue.name, { queue, handler: handler as JobHandler<object>, workerIds: [] });
    },

    async start() {
      isStarted = true;
      cancelPoll = clock.every(pollSeconds * 1000, () => inBackground(beginIfNeeded()));
      await beginIfNeeded();
    },

    wake(queue) {
      if (!isStarted || isStopped) return;
      if (!working) return inBackground(beginWork());
      for (const {
        queue: { name },
        workerIds,
      } of worked.values()) {
        if (queue !== undefined && queue !== name) continue;
        const notify = (boss: PgBoss) => {
          for (const id of workerIds) boss.notifyWorker(id);
        };
        inBackground(load().then(notify));
      }
    },

    async runDue() {
      const boss = await load();
      const entries = [...worked.values()];
      await Promise.all(entries.map(({ queue }) => ensure(boss, queue)));
      for (;;) {
        const done = await Promise.all(entries.map((entry) => runDueOf(boss, entry)));
        if (done.every((count) => count === 0)) return;
      }
    },

    async stop(graceMs) {
      isStopped = true;
      cancelPoll();
      await working?.catch(() => undefined);
      const boss = await loading?.catch(() => undefined);
      await boss?.stop({ graceful: true, timeout: graceMs });
      loading = undefined;
    },
  };

  async function runDueOf(boss: PgBoss, entry: Worked): Promise<number> {
    const { name, concurrency } = entry.queue;
    const jobs = await boss.fetch<object>(name, { batchSize: concurrency });
    await Promise.all(
      jobs.map((job) =>
        handle(entry, { ...job, signal: new AbortController().signal }).then(
          () => boss.complete(name, job),
          (error: unknown) => boss.fail(name, job, { message: String(error) }),
        ),
      ),
    );
    return jobs.length;
  }
}

interface Taken {
  id: string;
  data: object;
  retryCount: number;
  signal: AbortSignal;
}

/** Given with each job, so that a changed declaration counts for the next one. */
function sendOptions(queue: Queue<object>, key: string | undefined): SendOptions {
  return {
    expireInSeconds: queue.timeoutSeconds,
    heartbeatSeconds: signOfLifeSeconds,
    retryLimit: queue.retries,
    retryDelay: queue.retryDelaySeconds,
    retryBackoff: queue.retryDelaySeconds > 0,
    ...(queue.retryDelaySecondsMax !== undefined && { retryDelayMax: queue.retryDelaySecondsMax }),
    deleteAfterSeconds: doneKeptSeconds,
    retentionSeconds: waitingKeptSeconds,
    ...(key !== undefined && { singletonKey: key }),
  };
}
