// Moves queued posts to unknown after a backup was restored. Posts that were published after the backup are still queued
// in it, and would be published a second time. So each post that was due since is treated like a lost answer: Pintail
// searches Pinterest for its Pin, and publishes it only when there is none.
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
    'Pintail searches Pinterest for the Pin automatically, and publishes the post if there is none.',
  retryable: true,
};

/**
 * Moves every overdue post to unknown, and returns their number. To be called before any worker is started on the
 * restored database.
 * @param takenAt When the backup was started.
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
          { move: 'doubt', since: takenAt, confirmAt: now, failure },
          { actor: systemActor, now },
        );
    });
    count += posts.length;
  }
}
