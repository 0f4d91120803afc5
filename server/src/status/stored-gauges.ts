// Gauges of the contents of the database. They are read at most every ten seconds, independent of the number of
// scrapes, and an unresponsive database delays a scrape by at most three seconds.
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { GaugeReading, Metrics } from '../platform/metrics.ts';

const readEveryMs = 10_000;
const patienceMs = 3_000;

export interface StoredGaugesParts {
  metrics: Metrics;
  database: Database;
  clock: Clock;
  log: Log;
  readings: readonly GaugeReading[];
}

export function watchStoredGauges({ metrics, database, clock, log, readings }: StoredGaugesParts): void {
  const up = metrics.gauge(
    'pintail_database_up',
    '1 if the gauges of the database could be read, otherwise 0.',
  );
  let readAt: number | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    try {
      const now = clock.now();
      // Sequential, so that the gauges use only one connection of the pool.
      for (const readGauges of readings) await readGauges(database.db, now);
      up.set(1);
      readAt = clock.now().getTime();
    } catch (error) {
      up.set(0);
      log.warn({ err: error }, 'the gauges of the database could not be read');
    }
  }

  metrics.beforeReading(async () => {
    if (readAt !== null && clock.now().getTime() - readAt < readEveryMs) return;
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
