// Named, ordered groups of an account's boards. Ours alone: nothing here changes anything on Pinterest.
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { type Caller, type Commit, invalidBody } from '../../platform/use-case/index.ts';
import type { AccountRow, AccountsService } from '../accounts/index.ts';
import { boardListNotFound, tooManyBoardLists } from './board-lists.errors.ts';
import {
  countBoardLists,
  deleteBoardList,
  insertBoardList,
  type ListOwner,
  listBoardLists,
  updateBoardList,
} from './board-lists.queries.ts';
import { type BoardListInput, toBoardListView } from './board-lists.schema.ts';
import type { BoardsService } from './boards.service.ts';

export interface BoardListsParts {
  database: Database;
  clock: Clock;
  accounts: AccountsService;
  boards: BoardsService;
}

interface BoardListPath {
  accountId: string;
  boardListId: string;
}

/** They are listed whole, so there is an end to them. */
const listsMax = 1000;

export type BoardListsService = ReturnType<typeof createBoardLists>;

export function createBoardLists({ database, clock, accounts, boards }: BoardListsParts) {
  async function checkBoards(account: AccountRow, boardIds: readonly string[]): Promise<void> {
    const wanted = boardIds.map((boardId, index) => ({ boardId, path: `boardIds.${index}` }));
    const problems = wanted.length === 0 ? [] : await boards.checkAll(account, wanted);
    if (problems.length > 0) throw invalidBody(problems);
  }

  return {
    async list(caller: Caller, accountId: string) {
      const account = await accounts.get(database.db, caller, accountId);
      const rows = await listBoardLists(database.db, ownerOf(account));
      return { boardLists: rows.map(toBoardListView) };
    },

    async create(caller: Caller, accountId: string, input: BoardListInput, commit: Commit) {
      const account = await accounts.get(database.db, caller, accountId);
      await checkBoards(account, input.boardIds);
      const now = clock.now();
      return commit(async (tx) => {
        if ((await countBoardLists(tx, ownerOf(account))) >= listsMax) throw tooManyBoardLists();
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
    },

    async replace(caller: Caller, path: BoardListPath, input: BoardListInput, commit: Commit) {
      const account = await accounts.get(database.db, caller, path.accountId);
      const id = idOf(path);
      await checkBoards(account, input.boardIds);
      return commit(async (tx) => {
        const change = { name: input.name ?? null, board_ids: input.boardIds, updated_at: clock.now() };
        const row = await updateBoardList(tx, ownerOf(account), id, change);
        if (!row) throw boardListNotFound();
        return { data: { boardList: toBoardListView(row) } };
      });
    },

    async delete(caller: Caller, path: BoardListPath, commit: Commit) {
      const account = await accounts.get(database.db, caller, path.accountId);
      const id = idOf(path);
      return commit(async (tx) => {
        if (!(await deleteBoardList(tx, ownerOf(account), id))) throw boardListNotFound();
        return { data: { deleted: true as const, id } };
      });
    },
  };
}

function ownerOf(account: AccountRow): ListOwner {
  return { organizationId: account.organization_id, accountId: account.id };
}

/** @throws boardListNotFound for what can be no id of a list. */
function idOf({ boardListId }: BoardListPath): number {
  const id = /^[1-9]\d{0,9}$/.test(boardListId) ? Number(boardListId) : 0;
  // What the column's integer holds.
  if (id < 1 || id > 2 ** 31 - 1) throw boardListNotFound();
  return id;
}
