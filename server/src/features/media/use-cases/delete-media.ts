// Deletes media that no unpublished post uses.
import type { Tx } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import { type Caller, type Context, callerSeesAccount } from '../../../platform/use-case/index.ts';
import { listHoldingPosts, lockMedia, markDeleted, type UsingPost } from '../files/sweep.queries.ts';
import type { MediaParts } from '../parts.ts';
import { mediaInUse, mediaNotFound } from '../record/media.errors.ts';
import type { MediaRow } from '../record/media.queries.ts';
import { findClaims, removeAddition } from '../record/visible-media.queries.ts';

/** The maximum number of posts that a refusal names. */
const namedPostsMax = 5;

/**
 * Deletes media and its files. If others added it as well, a restricted key removes only its own addition.
 * @throws mediaNotFound, mediaInUse
 */
export async function deleteMedia({ media }: MediaParts, context: Context, mediaId: string) {
  let deleted: MediaRow | undefined;
  const result = await context.commit(async (tx) => {
    // Visibility is checked first, so that a caller locks only media that it sees.
    const isSeen = (await media.find(tx, context, mediaId)) !== undefined;
    const locked = isSeen ? await lockMedia(tx, context.organizationId, mediaId) : undefined;
    if (!locked) throw mediaNotFound();
    const { accountIds } = context;
    const users = await listHoldingPosts(tx, { mediaId, accountIds, limit: namedPostsMax + 1 });
    if (users.length > 0) throw mediaInUse([inUse(context, users)]);
    const answer = { data: { deleted: true as const, id: mediaId } };
    if (await leaveToOthers(tx, context, locked)) return answer;
    await markDeleted(tx, mediaId, context.clock.now());
    deleted = locked;
    return answer;
  });
  // The files can no longer be reached. The sweep removes those that cannot be removed now.
  if (deleted) {
    await media
      .removeFiles(deleted)
      .catch((error: unknown) => context.log.warn({ err: error, mediaId }, 'files are left to the sweep'));
  }
  return result;
}

/**
 * Removes the addition of a restricted key if others added the media as well.
 *
 * @returns whether the deletion is complete
 * @throws mediaInUse when the key would still see it, because a post of its accounts uses it
 */
async function leaveToOthers(tx: Tx, { actor, accountIds }: Caller, row: MediaRow): Promise<boolean> {
  if (accountIds === null) return false;
  const actorId = actor.id ?? '';
  const { isUsed, isOwn, isOthers } = await findClaims(tx, { actorId, accountIds }, row.id);
  if (isUsed && isOthers) throw mediaInUse([inUseSomewhere]);
  if (isUsed || !(isOthers || row.added_unrestricted)) return false;
  if (isOwn) await removeAddition(tx, actorId, row.id);
  return true;
}

/** Does not reveal whether posts that the key does not see exist. */
const inUseSomewhere: Detail = { path: '', code: 'media_in_use', message: 'This media is in use.' };

/** Names the posts that the key sees. */
function inUse(caller: Caller, users: readonly UsingPost[]): Detail {
  const visible = users.filter(({ accountId }) => callerSeesAccount(caller, accountId));
  if (visible.length === 0) return inUseSomewhere;
  const named = visible.slice(0, namedPostsMax).map(({ id, status }) => `${id} (${status})`);
  const more = visible.length > namedPostsMax ? ' and others' : '';
  return { ...inUseSomewhere, message: `Used by ${named.join(', ')}${more}.` };
}
