// A check of the event log.

import { type Check, ok, warning } from '../../platform/checks/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { findOldestHidden } from './event-log.queries.ts';

const hiddenMsMax = 60_000;
/** A result is reused for this long: it looks at every organization, and anyone may request `/ready`. */
const checkedMs = 10_000;

/** Warns when a transaction that does not end keeps events from readers and webhooks. */
export function eventsCheck(database: Database, clock: Clock): Check {
  let checked: { at: number; oldest: Date | null } | null = null;
  return {
    name: 'events',
    async run() {
      const now = clock.now().getTime();
      if (checked === null || now - checked.at >= checkedMs) {
        checked = { at: now, oldest: await findOldestHidden(database.db) };
      }
      const hiddenMs = checked.oldest ? now - checked.oldest.getTime() : 0;
      if (hiddenMs <= hiddenMsMax) return ok('readers see every event');
      return warning(
        `The oldest event has been hidden from readers for ${Math.round(hiddenMs / 1000)} s: a transaction of the database does not end.`,
        'Find it in pg_stat_activity (state "idle in transaction") or pg_prepared_xacts, and end it.',
      );
    },
  };
}
