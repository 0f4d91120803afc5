// The periodic clean-up of posts and batches, and the announcement of posts that were not published in time.
import { missedBefore } from '../../domain/post-states.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { inPages, type Sweep } from '../../platform/work/sweeper.ts';
import { batchesRemovedMax, removeOldBatches } from './batches/batches.queries.ts';
import { batchRetentionMs } from './batches/get-batch.ts';
import { deletedBefore } from './record/content.ts';
import { announceMissedPosts } from './record/missed.queries.ts';
import { deletedRemovedAtOnce, removeDeletedPosts, removePublishedPosts } from './record/posts.queries.ts';

const announcedMax = 1_000;
const removePublishedEveryMs = 3600_000;

/** Returns the periodic sweeps of this room. */
export function createPostSweeps({
  database: { db },
  clock,
  postsKeptMs,
}: {
  database: Pick<Database, 'db'>;
  clock: Clock;
  /** The retention of published posts; null for ever. */
  postsKeptMs: number | null;
}): Sweep[] {
  let removedAt = Number.NEGATIVE_INFINITY;
  return [
    {
      name: 'published posts',
      async run() {
        // It looks at every account, so it is not done in each round.
        if (postsKeptMs === null || clock.now().getTime() < removedAt + removePublishedEveryMs) return;
        const before = addMs(clock.now(), -postsKeptMs);
        await inPages(clock, async () => (await removePublishedPosts(db, before)) === deletedRemovedAtOnce);
        removedAt = clock.now().getTime();
      },
    },
    {
      name: 'missed posts',
      async run() {
        const now = clock.now();
        await announceMissedPosts(db, { before: missedBefore(now), now, limit: announcedMax });
      },
    },
    {
      name: 'deleted posts',
      async run() {
        const before = deletedBefore(clock.now());
        await inPages(clock, async () => (await removeDeletedPosts(db, before)) === deletedRemovedAtOnce);
      },
    },
    {
      name: 'batches',
      async run() {
        const before = addMs(clock.now(), -batchRetentionMs);
        await inPages(clock, async () => (await removeOldBatches(db, before)) === batchesRemovedMax);
      },
    },
  ];
}
