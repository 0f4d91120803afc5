// The night-watchman: puts right what should never be wrong, and removes what has had its time.
import { addMs, type Cancel, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import {
  batchesKeptMs,
  batchesRemovedAtOnce,
  deletedBefore,
  deletedRemovedAtOnce,
  removeOldBatches,
} from '../posts/index.ts';
import type { LaneStore } from './lane-store.ts';
import { tellMissedPosts } from './missed-posts.queries.ts';
import { removeOldEvents } from './old-events.queries.ts';
import type { VideoStore } from './video-store.ts';

export const sweepEveryMs = 30_000;

/** A post this late is told of: by then it is more than the pause between two Pins, or a slow upload. */
export const missedAfterMs = 60_000;
const atATime = 1_000;
/** For how long a round removes of one kind. */
const removalMsMax = 5_000;

export interface SweeperParts {
  lanes: LaneStore;
  database: Database;
  videos: Pick<VideoStore, 'removeUnused'>;
  clock: Clock;
  log: Log;
  /** For how long events are kept. */
  eventsKeptMs: number;
}

/**
 * One round. What fails does not keep the rest from being done.
 * @throws What failed, when the round is over.
 */
export async function sweep(parts: SweeperParts): Promise<void> {
  const { lanes, videos, database, clock, log, eventsKeptMs } = parts;
  const now = clock.now();
  const before = addMs(now, -eventsKeptMs);
  const steps = [
    async () => {
      const stranded = await lanes.sweepLanes(now);
      if (stranded > 0) log.warn({ lanes: stranded }, 'lanes would have slept past their posts');
    },
    () => tellMissedPosts(database.db, { before: addMs(now, -missedAfterMs), now, limit: atATime }),
    () =>
      inPages(
        clock,
        async () => (await lanes.removeDeletedPosts(deletedBefore(now))) === deletedRemovedAtOnce,
      ),
    () =>
      inPages(
        clock,
        async () => (await removeOldEvents(database.db, { before, now, limit: atATime })).hasMore,
      ),
    () =>
      inPages(
        clock,
        async () =>
          (await removeOldBatches(database.db, addMs(now, -batchesKeptMs))) === batchesRemovedAtOnce,
      ),
    () => videos.removeUnused(),
  ];
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, 'Several steps of a sweep failed.');
  if (errors.length === 1) throw errors[0];
}

/**
 * Removes a page at a time, each in a transaction of its own, until one was not full. What has had its time can be more
 * than one page a round; a backlog goes in several rounds, so that nothing else of the round waits for long.
 * @param removePage Whether there may be more.
 */
async function inPages(clock: Clock, removePage: () => Promise<boolean>): Promise<void> {
  const end = addMs(clock.now(), removalMsMax);
  while ((await removePage()) && clock.now() < end);
}

/** Never two rounds at a time: one may take longer than the pause between them. */
export function startSweeper(parts: SweeperParts): Cancel {
  let isSweeping = false;
  return parts.clock.every(sweepEveryMs, () => {
    if (isSweeping) return;
    isSweeping = true;
    sweep(parts)
      .catch((error: unknown) => parts.log.warn({ err: error }, 'a sweep failed'))
      .finally(() => {
        isSweeping = false;
      });
  });
}
