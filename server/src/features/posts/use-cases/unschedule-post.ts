// A queued or failed post becomes a draft again.
import type { Context } from '../../../platform/use-case/index.ts';
import { getPostRow } from '../read/get-post.ts';
import { checkVersion, postAnswer, withVersion } from '../read/views.ts';
import { movePost } from '../record/move.ts';
import type { PostParts, PostTarget } from './parts.ts';

/** @throws accountNotFound, postNotFound, postCannot, postChanged, versionDiffers */
export async function unschedulePost(parts: PostParts, context: Context, target: PostTarget) {
  return withVersion(target.ifMatch, () =>
    context.commit(async (tx) => {
      const post = await getPostRow(tx, context, target);
      checkVersion(post, target.ifMatch);
      const stamp = { actor: context.actor, now: context.clock.now() };
      return postAnswer(parts, tx, await movePost(tx, post, { move: 'unschedule' }, stamp), stamp);
    }),
  );
}
