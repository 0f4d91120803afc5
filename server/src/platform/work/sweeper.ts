// Runs the sweeps of all rooms periodically, one after the other. Each room exports its own, and app.ts has the list.
import { addMs, type Cancel, type Clock } from '../clock.ts';
import { throwAll } from '../errors.ts';
import type { Log } from '../log.ts';

/** One room's periodic clean-up. It may run in several processes at once. */
export interface Sweep {
  /** For the log. */
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
   * One round. A sweep that fails does not keep the others from running.
   * @throws What failed, when the round is over.
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
      // Never two rounds at a time: one may take longer than the pause between them.
      let isSweeping = false;
      return clock.every(sweepEveryMs, () => {
        if (isSweeping) return;
        isSweeping = true;
        run()
          // In the log already.
          .catch(() => {})
          .finally(() => {
            isSweeping = false;
          });
      });
    },
  };
}

/** For how long a sweep removes pages in one round. */
const removalMsMax = 5_000;

/**
 * Removes a page at a time, each in a transaction of its own, until one was not full. More than one page can have passed
 * its retention since the last round; a backlog is removed in several rounds, so that no other sweep waits for long.
 * @param removePage Returns whether there may be more.
 */
export async function inPages(clock: Clock, removePage: () => Promise<boolean>): Promise<void> {
  const end = addMs(clock.now(), removalMsMax);
  while ((await removePage()) && clock.now() < end);
}
