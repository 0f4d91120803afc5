// Resolves a post whose answer was lost: a person decides whether its Pin exists.
import type { Tx } from '../../../platform/db/index.ts';
import type { Context } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { lockLane, lowerWake } from '../../lanes/index.ts';
import { getPostRow } from '../read/get-post.ts';
import { checkVersion, postAnswer, withVersion } from '../read/views.ts';
import { movePost } from '../record/move.ts';
import { pinTaken } from '../record/posts.errors.ts';
import { findPostOfPin, type PostRow } from '../record/posts.queries.ts';
import type { Step } from '../record/step.ts';
import type { PostParts, PostTarget } from './parts.ts';
import type { ResolvePost } from './resolve-post.schema.ts';

/** @throws accountNotFound, postNotFound, postCannot, postChanged, versionDiffers, pinTaken */
export async function resolvePost(
  parts: PostParts,
  context: Context,
  target: PostTarget,
  { pinId }: ResolvePost,
) {
  return withVersion(target.ifMatch, () =>
    context.commit(async (tx) => {
      await getPostRow(tx, context, target);
      const account = await getAccount(tx, context, target.accountId);
      await lockLane(tx, target.accountId);
      // Read again: a worker may have resolved it before this transaction had the lock.
      const post = await getPostRow(tx, context, target);
      checkVersion(post, target.ifMatch);
      if (pinId !== undefined) await checkPinIsFree(tx, post, pinId);
      const step: Step =
        pinId === undefined
          ? { move: 'clear', byHand: true }
          : { move: 'find', pinId, pinUrl: parts.pinUrl(account.environment, pinId), byHand: true };
      const now = context.clock.now();
      const moved = await movePost(tx, post, step, { actor: context.actor, now });
      // The lane may be asleep, and posts that could be confused with this one may have waited for it.
      await lowerWake(tx, post.account_id, now, now);
      return postAnswer(parts, tx, moved, { now });
    }),
  );
}

async function checkPinIsFree(tx: Tx, post: PostRow, pinId: string): Promise<void> {
  const owner = await findPostOfPin(tx, post.account_id, pinId);
  if (!owner || owner.id === post.id) return;
  throw pinTaken([{ path: 'pinId', code: 'pin_taken', message: `The Pin belongs to ${owner.id}.` }]);
}
