// Creates, updates and deletes boards: on Pinterest first, and then in our tables.
import { type Context, invalidQuery } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { type BoardRow, countQueuedPosts, deleteBoardRow, storeBoard } from '../boards.queries.ts';
import type { CreateBoard, UpdateBoard } from '../boards.schema.ts';
import type { BoardParts } from '../parts.ts';
import { changeOnPinterest, toBoardRow } from '../pinterest-boards.ts';
import { counted, strandedPostsWarnings } from './queued-posts.ts';
import { type BoardTarget, getBoard, viewBoard } from './read-boards.ts';

/** @throws accountNotFound, and the refusals of Pinterest */
export async function createBoard(
  parts: BoardParts,
  context: Context,
  accountId: string,
  { name, description, isSecret }: CreateBoard,
) {
  const account = await getAccount(parts.database.db, context, accountId);
  const created = await changeOnPinterest(parts, account, (client, token) =>
    client.createBoard(token, {
      name,
      ...(description != null && { description }),
      privacy: isSecret ? 'SECRET' : 'PUBLIC',
    }),
  );
  return context.commit(async (tx) => {
    const row = await storeBoard(tx, account.id, toBoardRow(created, account));
    return { data: { board: viewBoard(parts, account, row) } };
  });
}

/** @throws accountNotFound, boardNotFound, and the refusals of Pinterest */
export async function updateBoard(
  parts: BoardParts,
  context: Context,
  target: BoardTarget,
  { name, description, isSecret }: UpdateBoard,
) {
  const { account, board } = await getBoard(parts, context, target);
  const updated = await changeOnPinterest(parts, account, (client, token) =>
    client.updateBoard(token, board.id, {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(isSecret !== undefined && { privacy: isSecret ? 'SECRET' : 'PUBLIC' }),
    }),
  );
  return context.commit(async (tx) => {
    const row = await storeBoard(tx, account.id, toBoardRow(updated, account));
    return { data: { board: viewBoard(parts, account, row) } };
  });
}

/**
 * Deletes a board with its Pins, so it requires a confirmation.
 * @throws accountNotFound, boardNotFound, invalidQuery without `confirm`, and the refusals of Pinterest
 */
export async function deleteBoard(
  parts: BoardParts,
  context: Context,
  target: BoardTarget,
  { confirm }: { confirm: boolean },
) {
  const { account, board } = await getBoard(parts, context, target);
  const queuedPosts = await countQueuedPosts(parts.database.db, account.id, { boardId: board.id });
  if (!confirm) throw unconfirmed(board, queuedPosts);
  await changeOnPinterest(parts, account, (client, token) => client.deleteBoard(token, board.id));
  return context.commit(async (tx) => {
    await deleteBoardRow(tx, account.id, board.id);
    const data = { deleted: true as const, id: board.id };
    return { data, warnings: strandedPostsWarnings(queuedPosts, 'board') };
  });
}

function unconfirmed(board: BoardRow, queuedPosts: number) {
  const pins = board.pin_count === null ? 'every Pin on it' : `its ${counted(board.pin_count, 'Pin')}`;
  const message = `This would permanently delete ${JSON.stringify(board.name)} and ${pins} on Pinterest, and ${counted(queuedPosts, 'queued post')} would fail. To confirm, send \`?confirm=true\`.`;
  return invalidQuery([{ path: 'confirm', code: 'required', message }]);
}
