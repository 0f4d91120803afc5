// Gauges of the contents of the database. They are read at most every ten seconds, however often they are scraped, and a
// database that does not answer does not delay a scrape for long.
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
    '1 when the figures below could be read from the database.',
  );
  let readAt: number | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    try {
      const now = clock.now();
      // Sequential: the gauges may use one connection of the pool, not five.
      for (const readGauges of readings) await readGauges(database.db, now);
      up.set(1);
      readAt = clock.now().getTime();
    } catch (error) {
      up.set(0);
      log.warn({ err: error }, 'the figures of the database could not be read');
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
