// The night-watchman: puts right what should never be wrong, and removes what has had its time.
import { addMs, type Cancel, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import { batchesKeptMs, deletedBefore, removeOldBatches } from '../posts/index.ts';
import type { LaneStore } from './lane-store.ts';
import { tellMissedPosts } from './missed-posts.queries.ts';
import { removeOldEvents } from './old-events.queries.ts';
import type { VideoStore } from './video-store.ts';

export const sweepEveryMs = 30_000;

/** A post this late is told of: by then it is more than the pause between two Pins, or a slow upload. */
export const missedAfterMs = 60_000;
const atATime = 1_000;

export interface SweeperParts {
  lanes: LaneStore;
  database: Database;
  videos: Pick<VideoStore, 'removeUnused'>;
  clock: Clock;
  log: Log;
  /** For how long events are kept. */
  eventsKeptMs: number;
}

/** One round. */
export async function sweep(parts: SweeperParts): Promise<void> {
  const { lanes, videos, database, clock, log, eventsKeptMs } = parts;
  const now = clock.now();
  const stranded = await lanes.sweepLanes(now);
  if (stranded > 0) log.warn({ lanes: stranded }, 'lanes would have slept past their posts');
  await tellMissedPosts(database.db, { before: addMs(now, -missedAfterMs), now, limit: atATime });
  await lanes.removeDeletedPosts(deletedBefore(now));
  await removeOldEvents(database.db, { before: addMs(now, -eventsKeptMs), limit: atATime });
  await removeOldBatches(database.db, addMs(now, -batchesKeptMs));
  await videos.removeUnused();
}

export function startSweeper(parts: SweeperParts): Cancel {
  return parts.clock.every(sweepEveryMs, () => {
    sweep(parts).catch((error: unknown) => parts.log.warn({ err: error }, 'a sweep failed'));
  });
}
