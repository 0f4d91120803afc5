// The database's time. Several machines share one schedule and their clocks differ, so due times and leases are
// compared with the one clock that all of them can read.

import { sql } from 'kysely';
import type { Cancel, Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Database } from './open-database.ts';

const measureEveryMs = 30_000;
/** A smaller difference is measurement noise. */
const noiseMs = 5;
/** A larger difference is logged as a warning. */
const warnAboveMs = 2_000;

export interface DatabaseClock extends Clock {
  stop(): void;
}

/** @param machine The clock to correct. */
export async function createDatabaseClock(
  database: Database,
  machine: Clock,
  log: Log,
): Promise<DatabaseClock> {
  let offsetMs = 0;

  async function measure(): Promise<void> {
    const before = machine.now().getTime();
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(database.db);
    const after = machine.now().getTime();
    const databaseTime = rows[0]?.now.getTime() ?? after;
    const measured = Math.round(databaseTime - (before + after) / 2);
    offsetMs = Math.abs(measured) <= Math.max(noiseMs, after - before) ? 0 : measured;
    if (Math.abs(offsetMs) > warnAboveMs) {
      log.warn({ offsetMs }, "this machine's clock differs from the database's, which is used instead");
    }
  }

  await measure();
  const stop: Cancel = machine.every(measureEveryMs, () => {
    measure().catch((error: unknown) => log.warn({ err: error }, "the database's clock could not be read"));
  });
  return {
    now: () => new Date(machine.now().getTime() + offsetMs),
    after: (delayMs, run) => machine.after(delayMs, run),
    every: (periodMs, run) => machine.every(periodMs, run),
    stop,
  };
}
