// The night-watchman: puts right what should never be wrong, and removes what has had its time.
import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { deletedBefore } from '../posts/index.ts';
import type { LaneStore } from './lane-store.ts';

export const sweepEveryMs = 30_000;

export interface SweeperParts {
  lanes: LaneStore;
  clock: Clock;
  log: Log;
}

/** One round. */
export async function sweep({ lanes, clock, log }: SweeperParts): Promise<void> {
  const stranded = await lanes.sweepLanes(clock.now());
  if (stranded > 0) log.warn({ lanes: stranded }, 'lanes would have slept past their posts');
  await lanes.removeDeletedPosts(deletedBefore(clock.now()));
}

export function startSweeper(parts: SweeperParts): Cancel {
  return parts.clock.every(sweepEveryMs, () => {
    sweep(parts).catch((error: unknown) => parts.log.warn({ err: error }, 'a sweep failed'));
  });
}
