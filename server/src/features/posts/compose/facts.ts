// For one body: asks at once what its checks would ask one after the other.
import type { Context } from '../../../platform/use-case/index.ts';
import { type AccountRow, accountNotFound } from '../../accounts/index.ts';
import type { CreatePost } from './create-post.schema.ts';
import { findNamed } from './facts.queries.ts';
import { mediaIdsNamed } from './media.ts';
import { type CreateParts, placesOf, timingOf } from './new-post.ts';

/**
 * The account, and parts that have the answers to what the checks of this body, and of no other, ask.
 * @throws accountNotFound
 */
export async function lookUp(
  parts: CreateParts,
  context: Context,
  accountId: string,
  input: CreatePost,
): Promise<{ account: AccountRow; knowing: CreateParts }> {
  const { boards, media, schedule } = parts;
  const timing = timingOf(input, context.clock.now());
  const visit =
    timing.kind === 'at' && input.url !== undefined
      ? { destinationKey: schedule.destinationKey(input.url), at: timing.at }
      : null;
  const found = await findNamed(parts.database.db, context, accountId, {
    boardIds: placesOf(input).map(({ boardId }) => boardId),
    mediaIds: mediaIdsNamed(input),
    visit,
  });
  if (!found) throw accountNotFound();
  const { account, boardIds, spacing } = found;
  return {
    account,
    knowing: {
      ...parts,
      boards: {
        ...boards,
        check: (_account, boardId, path) => boards.check(account, boardId, path, boardIds),
      },
      media: { ...media, find: async (_connection, _viewer, id) => found.media.get(id) },
      schedule: {
        ...schedule,
        lookAtSpacing: async (...asked) => spacing ?? schedule.lookAtSpacing(...asked),
      },
    },
  };
}
