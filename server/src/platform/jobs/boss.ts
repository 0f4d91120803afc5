// pg-boss stores and runs jobs. It is loaded when the first job appears, because most installations have no jobs and it
// takes 18 MB.
import type { PgBoss, SendOptions } from 'pg-boss';
import { type Database, jobsSchema } from '../db/index.ts';
import type { Log } from '../log.ts';
import type { Queue } from './queue.ts';

export interface BossParts {
  database: Database;
  log: Log;
  /** Returns true if this process looks for jobs whose process died. Called when pg-boss is loaded. */
  supervises(): boolean;
}

export interface Boss {
  load(): Promise<PgBoss>;
  /** Creates the queue unless it exists. Safe to call from several processes at once. */
  ensureQueue(boss: PgBoss, queue: Queue<object>): Promise<void>;
  /** Waits for running jobs. After `graceMs`, another process runs them again. */
  stop(graceMs: number): Promise<void>;
}

/** A job whose process sends no heartbeat for this long is retried by another one. The minimum of pg-boss. */
const heartbeatSeconds = 10;
/** The interval at which pg-boss looks for jobs without a heartbeat. */
const superviseSeconds = 20;
const doneRetentionSeconds = 3600;
/** A job that is not claimed within this time is deleted. */
const waitingRetentionSeconds = 14 * 24 * 3600;

export function createBoss({ database, log, supervises }: BossParts): Boss {
  const ensured = new Map<string, Promise<void>>();
  let loading: Promise<PgBoss> | undefined;

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
      supervise: supervises(),
      superviseIntervalSeconds: superviseSeconds,
      monitorIntervalSeconds: superviseSeconds,
    });
    boss.on('error', (error) => log.warn({ err: error }, 'a job queue failed'));
    boss.on('warning', ({ message, data }) => log.warn({ data }, message));
    await boss.start();
    return boss;
  }

  return {
    load() {
      loading ??= open().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    ensureQueue(boss, { name, oneWaitingPerKey }) {
      const creating =
        ensured.get(name) ??
        boss
          .createQueue(name, { policy: oneWaitingPerKey ? 'short' : 'standard' })
          .catch((error: unknown) => {
            ensured.delete(name);
            throw error;
          });
      ensured.set(name, creating);
      return creating;
    },
    async stop(graceMs) {
      const boss = await loading?.catch(() => undefined);
      await boss?.stop({ graceful: true, timeout: graceMs });
      loading = undefined;
    },
  };
}

/** Returns the options of a job. They are sent with each job, so a changed declaration applies to the next job. */
export function sendOptions(
  queue: Queue<object>,
  { key, group }: { key?: string; group?: string },
): SendOptions {
  return {
    expireInSeconds: queue.timeoutSeconds,
    heartbeatSeconds,
    retryLimit: queue.retries,
    retryDelay: queue.retryDelaySeconds,
    retryBackoff: queue.retryDelaySeconds > 0,
    ...(queue.retryDelaySecondsMax !== undefined && { retryDelayMax: queue.retryDelaySecondsMax }),
    deleteAfterSeconds: doneRetentionSeconds,
    retentionSeconds: waitingRetentionSeconds,
    ...(key !== undefined && { singletonKey: key }),
    ...(group !== undefined && { group: { id: group } }),
  };
}
