// Removes the events that are past their retention.
import type { RawBuilder } from 'kysely';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { inPages, type Sweep } from '../../platform/work/sweeper.ts';
import { removeOldEvents } from './old-events.queries.ts';

export interface EventSweepParts {
  database: Database;
  clock: Clock;
  eventRetentionMs: number;
  /** SQL: whether the post with this id has ended, so that its timeline is no longer needed. */
  hasPostEnded(postId: RawBuilder<unknown>): RawBuilder<boolean>;
}

const pageSize = 1_000;

export function createEventSweep(parts: EventSweepParts): Sweep {
  const { database, clock, eventRetentionMs, hasPostEnded } = parts;
  return {
    name: 'events',
    async run() {
      const now = clock.now();
      const page = { before: addMs(now, -eventRetentionMs), now, limit: pageSize, hasPostEnded };
      await inPages(clock, async () => (await removeOldEvents(database.db, page)).hasMore);
    },
  };
}
