// Checks of publishing: that a worker polls, and that nothing waits for a worker or for a person.
import { type Check, failed, ok } from '../../platform/checks/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { countLanes } from '../lanes/index.ts';
import { countUndecided } from '../posts/index.ts';

/** A worker polls every two seconds. */
const polledWithinMs = 30_000;
/** A worker claims what is due within seconds. */
const dueForMsMax = 60_000;

/** Of a process with a worker. @param lastPollAt When it last polled; null for never. */
export function workerCheck(lastPollAt: () => Date | null, clock: Clock): Check {
  const startedAt = clock.now();
  return {
    name: 'worker',
    async run() {
      const agoMs = clock.now().getTime() - (lastPollAt() ?? startedAt).getTime();
      const ago = `${Math.round(agoMs / 1000)} s`;
      if (agoMs > polledWithinMs) return failed(`The worker has not looked for due posts for ${ago}.`);
      return ok(`looked for due posts ${ago} ago`);
    },
  };
}

/** Of the whole installation, whichever processes it has. */
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
      const undecided = await countUndecided(database.db);
      if (undecided > 0) {
        return failed(
          `${undecided} posts wait for a person to say whether their Pin exists.`,
          'GET …/posts?status=uploading shows them, POST …/posts/{postId}/resolve resolves one.',
        );
      }
      return ok('nothing waits for a worker or for a person');
    },
  };
}
