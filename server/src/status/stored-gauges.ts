// Gauges of what the database holds. Read at most every ten seconds however often they are scraped, so that
// scraping cannot load the database; and a database that does not answer delays no scrape for long.
import { statfs } from 'node:fs/promises';
import { createBackgroundReading } from '../features/system/background-metrics.ts';
import {
  countAccounts,
  countLanes,
  countMissed,
  countUnfinished,
  listAppBudgets,
} from '../features/system/state.queries.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

const keptMs = 10_000;
const patienceMs = 3_000;
/** A post is on its way for a moment after its time. */
const missedAfterMs = 60_000;

export interface StateMetricsParts {
  metrics: Metrics;
  database: Database;
  clock: Clock;
  log: Log;
  /** On whose disk there must be room. */
  dataDir: string;
}

export function watchState(parts: StateMetricsParts): void {
  const { metrics, clock, log } = parts;
  const up = metrics.gauge(
    'pintail_database_up',
    '1 when the figures below could be read from the database.',
  );
  const take = createReading(parts);
  let readAt: number | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    try {
      await take();
      up.set(1);
      readAt = clock.now().getTime();
    } catch (error) {
      up.set(0);
      log.warn({ err: error }, 'the figures of the database could not be read');
    }
  }

  metrics.beforeReading(async () => {
    if (readAt !== null && clock.now().getTime() - readAt < keptMs) return;
    reading ??= read().finally(() => {
      reading = null;
    });
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(patienceMs, () => {
      up.set(0);
      resolve();
    });
    await Promise.race([reading, tooLate]);
    cancel();
  });
}

/** Declares the gauges; what it returns sets them. */
function createReading({
  metrics,
  database: { db },
  clock,
  dataDir,
}: StateMetricsParts): () => Promise<void> {
  const posts = metrics.gauge(
    'pintail_posts',
    'Posts on their way by state, each counted up to 100,000; missed: queued, and a minute past their time.',
    ['state'],
  );
  const lanes = metrics.gauge(
    'pintail_lanes',
    'Accounts by what workers do: due (waiting for a worker), held (being served), resting (told to wait).',
    ['state'],
  );
  const lanesLag = metrics.gauge(
    'pintail_lanes_lag_seconds',
    'For how long the account that waits longest for a worker has been due. Above some seconds: too few workers, or none.',
  );
  const accounts = metrics.gauge(
    'pintail_accounts',
    'Connected accounts by whether Pinterest takes their token.',
    ['token'],
  );
  const paused = metrics.gauge(
    'pintail_pinterest_app_paused_seconds',
    'For how long Pinterest has told the whole app to wait; 0: it may ask.',
    ['environment'],
  );
  const writes = metrics.gauge(
    'pintail_pinterest_app_writes_today',
    'Writes of a Trial app on this day (UTC), of 300.',
    ['environment'],
  );
  const disk = metrics.gauge('pintail_disk_free_bytes', 'Room on the disk of the data folder.');

  const readBackground = createBackgroundReading(metrics);

  return async () => {
    const { bavail, bsize } = await statfs(dataDir);
    disk.set(bavail * bsize);
    const now = clock.now();
    // One after the other: figures may take one connection of the pool, not five.
    const counts = await countUnfinished(db);
    const missed = await countMissed(db, new Date(now.getTime() - missedAfterMs));
    for (const [state, count] of Object.entries({ ...counts, missed })) posts.set({ state }, count);
    const { dueSince, ...laneCounts } = await countLanes(db, now);
    for (const [state, count] of Object.entries(laneCounts)) lanes.set({ state }, count);
    lanesLag.set(dueSince === null ? 0 : Math.max(0, now.getTime() - dueSince.getTime()) / 1000);
    for (const [token, count] of Object.entries(await countAccounts(db))) accounts.set({ token }, count);
    for (const { environment, pausedUntil, writes: today } of await listAppBudgets(db, now)) {
      paused.set(
        { environment },
        pausedUntil ? Math.max(0, pausedUntil.getTime() - now.getTime()) / 1000 : 0,
      );
      writes.set({ environment }, today);
    }
    await readBackground(db, now);
  };
}
