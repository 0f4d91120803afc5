// Deletes a draft, a queued or a failed post.
import type { Context } from '../../../platform/use-case/index.ts';
import { getPostRow } from '../read/get-post.ts';
import { checkVersion, withVersion } from '../read/views.ts';
import { markDeleted } from '../record/content.ts';
import type { PostTarget } from './parts.ts';

/** @throws accountNotFound, postNotFound, postCannot, postChanged, versionDiffers */
export async function deletePost(context: Context, target: PostTarget) {
  return withVersion(target.ifMatch, () =>
    context.commit(async (tx) => {
      const post = await getPostRow(tx, context, target);
      checkVersion(post, target.ifMatch);
      await markDeleted(tx, post, { actor: context.actor, now: context.clock.now() });
      return { data: { deleted: true as const, id: post.id } };
    }),
  );
}
