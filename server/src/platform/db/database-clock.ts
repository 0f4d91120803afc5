// The database's time. Several machines share one schedule and their clocks differ, so due times and leases are
// compared with the one clock that all of them can read.

import type { Cancel, Clock } from '../clock.ts';
import type { Log } from '../log.ts';

const measureEveryMs = 30_000;
/** A smaller difference is measurement noise. */
const noiseMs = 5;
/** A larger difference is logged as a warning. */
const warnAboveMs = 2_000;
/** A machine whose clock moves by more than this between two looks was suspended, or its clock was set. */
const jumpMs = 60_000;

export interface DatabaseClock extends Clock {
  /** When the database's own clock was last set back, by its new time, and by how much; null if that was not seen. */
  readonly setBack: { at: Date; byMs: number } | null;
  stop(): void;
}

/**
 * Creates the clock. If the machine's clock is set back or forward, the time stays where it was until the database's is
 * measured again, a moment later: a machine that is wrong must not take the leases of others, or publish early.
 * @param readTime Returns the database's time
 * @param machine The clock to correct
 */
export async function createDatabaseClock(
  readTime: () => Promise<Date>,
  machine: Clock,
  log: Log,
): Promise<DatabaseClock> {
  let offsetMs = 0;
  /** The last time that was returned. */
  let lastMs = 0;
  let isMeasuring = false;
  let setBack: DatabaseClock['setBack'] = null;

  async function measure(): Promise<void> {
    const before = machine.now().getTime();
    const databaseTime = (await readTime()).getTime();
    const after = machine.now().getTime();
    const measured = Math.round(databaseTime - (before + after) / 2);
    offsetMs = Math.abs(measured) <= Math.max(noiseMs, after - before) ? 0 : measured;
    if (Math.abs(offsetMs) > warnAboveMs) {
      log.warn({ offsetMs }, "this machine's clock differs from the database's, which is used instead");
    }
    if (lastMs - databaseTime > warnAboveMs) {
      setBack = { at: new Date(databaseTime), byMs: lastMs - databaseTime };
      log.warn({ byMs: setBack.byMs }, "the database's clock was set back; leases of before do not count");
    }
    lastMs = after + offsetMs;
  }

  /** Starts a measurement unless one is running. A failed one leaves the machine's clock as it is. */
  function measureSoon(): void {
    if (isMeasuring) return;
    isMeasuring = true;
    measure()
      .catch((error: unknown) => {
        log.warn({ err: error }, "the database's clock could not be read");
        lastMs = machine.now().getTime() + offsetMs;
      })
      .finally(() => {
        isMeasuring = false;
      });
  }

  await measure();
  const stop: Cancel = machine.every(measureEveryMs, measureSoon);
  return {
    now() {
      const nowMs = machine.now().getTime() + offsetMs;
      if (nowMs < lastMs - warnAboveMs || nowMs > lastMs + jumpMs) {
        measureSoon();
        return new Date(lastMs);
      }
      // Small steps back are corrections.
      lastMs = nowMs;
      return new Date(nowMs);
    },
    get setBack() {
      return setBack;
    },
    after: (delayMs, run) => machine.after(delayMs, run),
    every: (periodMs, run) => machine.every(periodMs, run),
    stop,
  };
}
