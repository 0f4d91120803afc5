// Checks of publishing: that a worker polls, and that nothing waits for a worker or for a person.
import { type Check, failed, ok, warning } from '../../platform/checks/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { countLanes } from '../lanes/index.ts';
import { countHeld } from '../posts/index.ts';

/** A worker polls every two seconds. */
const polledWithinMs = 30_000;
/** A worker claims what is due within seconds. */
const dueForMsMax = 60_000;

/** Checks that the worker of this process polls. @param lastPollAt When it last polled; null for never. */
export function workerCheck(lastPollAt: () => Date | null, clock: Clock): Check {
  const startedAt = clock.now();
  return {
    name: 'worker',
    async run() {
      const agoMs = clock.now().getTime() - (lastPollAt() ?? startedAt).getTime();
      const ago = `${Math.round(agoMs / 1000)} s`;
      if (agoMs > polledWithinMs) return failed(`The worker has not polled for due posts for ${ago}.`);
      return ok(`polled for due posts ${ago} ago`);
    },
  };
}

/** Checks publishing of the whole installation, across processes. */
export function publishingCheck(database: Database, clock: Clock): Check {
  return {
    name: 'publishing',
    async run() {
      const now = clock.now();
      const { due, dueSince } = await countLanes(database.db, now);
      const dueForMs = dueSince === null ? 0 : now.getTime() - dueSince.getTime();
      if (dueForMs > dueForMsMax) {
        return failed(
          `${due} accounts have due posts that no worker has claimed, for up to ${Math.round(dueForMs / 60_000)} minutes.`,
          'Start a worker: npm start, or PINTAIL_ROLE=worker.',
        );
      }
      const held = await countHeld(database.db);
      if (held.lost_answer > 0) {
        return failed(
          `${held.lost_answer} posts are held because their Pin may exist; a person has to decide.`,
          'GET …/posts?status=held lists them. Look on the board, then POST …/posts/{postId}/resolve.',
        );
      }
      if (held.missed > 0) {
        return warning(
          `${held.missed} posts were missed and are held; a person has to decide.`,
          'GET …/posts?status=held lists them. Schedule, unschedule or delete them.',
        );
      }
      return ok('no post waits for a worker or for a person');
    },
  };
}
