// The account's boards, read from Pinterest and kept for ten minutes at most.
import { distance } from 'fastest-levenshtein';
import type { Board, Failure, PinterestEnvironments } from '../../pinterest/index.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { type Detail, Outage } from '../../platform/errors.ts';
import type { Caller } from '../../platform/http/caller.ts';
import type { Warning } from '../../platform/http/route.ts';
import { type AccountRow, type AccountsService, environmentOf } from '../accounts/index.ts';
import { type BoardRow, hasBoard, listBoards, replaceBoards } from './boards.queries.ts';
import { toBoardView } from './boards.schema.ts';

/** Pinterest's guidelines ask not to keep what its API answers; api.md, section 4 says ten minutes. */
const freshMs = 10 * 60 * 1000;

export interface BoardsParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  accounts: AccountsService;
}

export type BoardsService = ReturnType<typeof createBoards>;

export function createBoards({ database, clock, pinterest, accounts }: BoardsParts) {
  // Many creates for one account must not read its boards many times over.
  const running = new Map<string, Promise<Failure | null>>();

  function refresh(account: AccountRow): Promise<Failure | null> {
    const current = running.get(account.id);
    if (current) return current;
    const started = readAndKeep(account).finally(() => running.delete(account.id));
    running.set(account.id, started);
    return started;
  }

  async function readAndKeep(account: AccountRow): Promise<Failure | null> {
    const token = accounts.accessToken(account);
    if (token === null) return null;
    const answer = await pinterest.of(environmentOf(account)).listBoards(token);
    if (answer.kind === 'failed') {
      if (answer.failure.accountProblem === 'unauthorized') {
        await accounts.tokenRefused(account, answer.failure.reason);
      }
      return answer.failure;
    }
    // Boards made for ads take no Pins from a scheduler.
    const boards = answer.value.filter((board) => !board.isAdsOnly).map((board) => toRow(board, account));
    await database.transaction((tx) => replaceBoards(tx, account.id, boards, clock.now()));
    return null;
  }

  function isFresh(account: AccountRow): boolean {
    return account.boards_fetched_at !== null && addMs(account.boards_fetched_at, freshMs) > clock.now();
  }

  return {
    async list(caller: Caller, accountId: string, input: { refresh: boolean }) {
      const account = await accounts.get(database.db, caller, accountId);
      const warnings: Warning[] = [];
      if (input.refresh || !isFresh(account)) {
        const failure = await refresh(account);
        if (failure) {
          if (account.boards_fetched_at === null) throw new Outage('The list of boards on Pinterest');
          warnings.push({
            code: 'boards_not_refreshed',
            message: `These boards are from ${account.boards_fetched_at.toISOString()}. ${failure.message} ${failure.remediation}`,
          });
        }
      }
      const rows = await listBoards(database.db, account.id);
      return { data: { boards: rows.map(toBoardView) }, warnings };
    },

    /**
     * What is wrong with a board id, or null when Pins can be sent there. The list is read from Pinterest
     * once when it is old or does not have the board.
     * @throws Outage when the board is unknown and Pinterest cannot be asked.
     */
    async check(account: AccountRow, boardId: string): Promise<Detail | null> {
      if (isFresh(account) && (await hasBoard(database.db, account.id, boardId))) return null;
      const failure = await refresh(account);
      if (await hasBoard(database.db, account.id, boardId)) return null;
      if (failure && failure.accountProblem === 'none') throw new Outage('The list of boards on Pinterest');
      if (failure) {
        return {
          path: 'boardId',
          code: 'board_unverifiable',
          message: `This board is not known, and Pinterest does not let us look: ${failure.message} ${failure.remediation}`,
        };
      }
      return boardNotFound(boardId, await listBoards(database.db, account.id));
    },
  };
}

/** Names what was probably meant when a name was given instead of an id. */
function boardNotFound(boardId: string, boards: readonly BoardRow[]): Detail {
  const near = /^\d+$/.test(boardId) ? [] : nearBoards(boardId, boards);
  const hint =
    near.length > 0
      ? ` Send an id, not a name: ${near.map((board) => `${board.id} is ${JSON.stringify(board.name)}`).join(', ')}.`
      : ' GET /v1/accounts/{accountId}/boards lists the ids.';
  return { path: 'boardId', code: 'board_not_found', message: `The account has no such board.${hint}` };
}

function nearBoards(name: string, boards: readonly BoardRow[]): BoardRow[] {
  const wanted = name.toLowerCase().slice(0, 100);
  const nearness = (board: BoardRow) => {
    const own = board.name.toLowerCase();
    return own.includes(wanted) || wanted.includes(own) ? 0 : distance(wanted, own);
  };
  return boards
    .map((board) => ({ board, far: nearness(board) }))
    .filter(({ far }) => far <= Math.max(2, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ board }) => board);
}

function toRow(board: Board, account: AccountRow): Omit<BoardRow, 'account_id' | 'position'> {
  const owner = board.ownerUsername;
  return {
    id: board.id,
    name: board.name,
    description: board.description,
    is_collaborator: owner !== null && owner !== account.username,
    is_secret: board.privacy === 'SECRET',
    pin_count: board.pinCount,
  };
}
