// After a backup was restored. What was published after it was taken is still queued in it, and would be
// published a second time. So what was due since is treated like an answer that was lost: looked for on
// Pinterest, taken as sent when its Pin is there, and published only when it is not.
import type { Database } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { movePost } from './move.ts';
import { listDoubtful } from './posts.queries.ts';

const batch = 200;

const failure = {
  code: 'restored_from_backup',
  message:
    'Pintail was restored from a backup that does not know whether this post was published afterwards.',
  remediation:
    'Pintail looks on Pinterest by itself whether the Pin exists, and publishes the post if it does not.',
  retryable: true,
};

/**
 * Run before any worker is started on the restored database.
 * @param takenAt When the backup was begun.
 * @returns how many posts will be looked up
 */
export async function doubtOverdue(
  database: Database,
  { takenAt, now }: { takenAt: Date; now: Date },
): Promise<number> {
  for (let count = 0; ; ) {
    const posts = await listDoubtful(database.db, now, batch);
    if (posts.length === 0) return count;
    await database.transaction(async (tx) => {
      for (const post of posts)
        await movePost(
          tx,
          post,
          { move: 'doubt', since: takenAt, lookAt: now, failure },
          { actor: systemActor, now },
        );
    });
    count += posts.length;
  }
}
