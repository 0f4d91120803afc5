// Runs the sweeps of all rooms periodically, one after the other. Each room exports its own, and app.ts has the list.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import { throwAll } from '../errors.ts';
import type { Log } from '../log.ts';

/** A periodic clean-up of one room. It may run in several processes at once. */
export interface Sweep {
  /** The name in log lines. */
  name: string;
  run(): Promise<unknown>;
}

export interface SweeperParts {
  clock: Clock;
  log: Log;
  sweeps: readonly Sweep[];
}

export interface Sweeper {
  /**
   * Runs one round. A failed sweep does not prevent the others.
   * @throws The errors of failed sweeps, after the round
   */
  run(): Promise<void>;
  start(): Cancel;
}

export const sweepEveryMs = 30_000;

export function createSweeper({ clock, log, sweeps }: SweeperParts): Sweeper {
  async function run(): Promise<void> {
    const errors: unknown[] = [];
    for (const sweep of sweeps) {
      try {
        await sweep.run();
      } catch (error) {
        log.warn({ err: error, sweep: sweep.name }, 'a sweep failed');
        errors.push(error);
      }
    }
    throwAll(errors, 'Several sweeps of a round failed.');
  }

  return {
    run,
    start() {
      // A round may take longer than the interval, so a second one must not start.
      let isSweeping = false;
      return clock.every(sweepEveryMs, () => {
        if (isSweeping) return;
        isSweeping = true;
        run()
          // Already logged.
          .catch(() => {})
          .finally(() => {
            isSweeping = false;
          });
      });
    },
  };
}

/** The maximum time for which a sweep removes pages in one round. */
const removalMsMax = 5_000;

/**
 * Removes pages, each in its own transaction, until one is not full or the time limit is reached. A backlog is removed
 * in several rounds, so that other sweeps do not wait for long.
 * @param removePage Removes a page. Returns true if there may be more
 */
export async function inPages(clock: Clock, removePage: () => Promise<boolean>): Promise<void> {
  const end = addMs(clock.now(), removalMsMax);
  while ((await removePage()) && clock.now() < end);
}
