// Board lists: named, ordered lists of an account's boards, stored by Pintail. Nothing here changes anything on Pinterest.
import type { Database } from '../../../platform/db/index.ts';
import { type Caller, type Context, invalidBody } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccount } from '../../accounts/index.ts';
import { boardListNotFound, tooManyBoardLists } from '../board-lists.errors.ts';
import {
  countBoardLists,
  deleteBoardListRow,
  insertBoardList,
  type ListOwner,
  listBoardListRows,
  updateBoardListRow,
} from '../board-lists.queries.ts';
import { type BoardListInput, toBoardListView } from '../board-lists.schema.ts';
import { checkBoards } from '../check-board.ts';
import type { BoardParts } from '../parts.ts';

interface BoardListTarget {
  accountId: string;
  boardListId: string;
}

/** The list of board lists has no pages, so their number is limited. */
const boardListsMax = 1000;

/** The greatest value of an integer column. */
const integerMax = 2 ** 31 - 1;

/**
 * All board lists of an account, oldest first.
 * @throws accountNotFound
 */
export async function listBoardLists(
  { database }: { database: Database },
  caller: Caller,
  accountId: string,
) {
  const account = await getAccount(database.db, caller, accountId);
  const rows = await listBoardListRows(database.db, ownerOf(account));
  return { boardLists: rows.map(toBoardListView) };
}

/** @throws accountNotFound, invalidBody for an unknown board, tooManyBoardLists */
export async function createBoardList(
  parts: BoardParts,
  context: Context,
  accountId: string,
  input: BoardListInput,
) {
  const account = await getAccount(parts.database.db, context, accountId);
  await checkBoardIds(parts, account, input.boardIds);
  const now = context.clock.now();
  return context.commit(async (tx) => {
    if ((await countBoardLists(tx, ownerOf(account))) >= boardListsMax) throw tooManyBoardLists();
    const row = await insertBoardList(tx, {
      organization_id: account.organization_id,
      account_id: account.id,
      name: input.name ?? null,
      board_ids: input.boardIds,
      created_at: now,
      updated_at: now,
    });
    return { data: { boardList: toBoardListView(row) } };
  });
}

/** @throws accountNotFound, boardListNotFound, invalidBody for an unknown board */
export async function replaceBoardList(
  parts: BoardParts,
  context: Context,
  target: BoardListTarget,
  { name = null, boardIds }: BoardListInput,
) {
  const account = await getAccount(parts.database.db, context, target.accountId);
  const id = idOf(target);
  await checkBoardIds(parts, account, boardIds);
  return context.commit(async (tx) => {
    const change = { name, board_ids: boardIds, updated_at: context.clock.now() };
    const row = await updateBoardListRow(tx, ownerOf(account), id, change);
    if (!row) throw boardListNotFound();
    return { data: { boardList: toBoardListView(row) } };
  });
}

/** @throws accountNotFound, boardListNotFound */
export async function deleteBoardList(
  { database }: { database: Database },
  context: Context,
  target: BoardListTarget,
) {
  const account = await getAccount(database.db, context, target.accountId);
  const id = idOf(target);
  return context.commit(async (tx) => {
    if (!(await deleteBoardListRow(tx, ownerOf(account), id))) throw boardListNotFound();
    return { data: { deleted: true as const, id } };
  });
}

async function checkBoardIds(
  parts: BoardParts,
  account: AccountRow,
  boardIds: readonly string[],
): Promise<void> {
  const wanted = boardIds.map((boardId, index) => ({ boardId, path: `boardIds.${index}` }));
  const problems = wanted.length === 0 ? [] : await checkBoards(parts, account, wanted);
  if (problems.length > 0) throw invalidBody(problems);
}

function ownerOf(account: AccountRow): ListOwner {
  return { organizationId: account.organization_id, accountId: account.id };
}

/** @throws boardListNotFound for a text that cannot be the id of a board list */
function idOf({ boardListId }: BoardListTarget): number {
  const id = Number(boardListId);
  if (!/^[1-9]\d{0,9}$/.test(boardListId) || id > integerMax) throw boardListNotFound();
  return id;
}
