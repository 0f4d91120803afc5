// Reads the boards and sections of an account: from our tables while they are fresh, else from Pinterest.
import type { Failure } from '../../../pinterest/index.ts';
import { Outage } from '../../../platform/errors.ts';
import type { Caller, Warning } from '../../../platform/use-case/index.ts';
import { type AccountRow, environmentOf, getAccount } from '../../accounts/index.ts';
import { boardNotFound } from '../boards.errors.ts';
import { type BoardRow, findBoard, listBoardRows, sectionsOf } from '../boards.queries.ts';
import { toBoardView, toSectionView } from '../boards.schema.ts';
import { checkBoards } from '../check-board.ts';
import type { BoardParts } from '../parts.ts';
import { hasFreshBoards, hasFreshSections, refreshBoards, refreshSections } from '../pinterest-boards.ts';

export interface BoardTarget {
  accountId: string;
  boardId: string;
}

/**
 * A board with its account.
 * @throws boardNotFound, accountNotFound also for a board that the caller may not see
 */
export async function getBoard(
  parts: BoardParts,
  caller: Caller,
  target: BoardTarget,
): Promise<{ account: AccountRow; board: BoardRow }> {
  const { db } = parts.database;
  const account = await getAccount(db, caller, target.accountId);
  const problems = await checkBoards(parts, account, [{ boardId: target.boardId, path: 'boardId' }]);
  const board = problems.length > 0 ? undefined : await findBoard(db, account.id, target.boardId);
  if (!board) throw boardNotFound();
  return { account, board };
}

/** A board as responses show it. */
export function viewBoard(parts: BoardParts, account: AccountRow, board: BoardRow) {
  const environment = environmentOf(account);
  return toBoardView(board, { environment, hasFreshSections: hasFreshSections(parts, board) });
}

/**
 * All boards of an account. With a warning, and out of date, when Pinterest does not answer.
 * @throws accountNotFound, Outage when Pinterest does not answer and no list is stored
 */
export async function listBoards(
  parts: BoardParts,
  caller: Caller,
  accountId: string,
  { refresh }: { refresh: boolean },
) {
  const { db } = parts.database;
  const account = await getAccount(db, caller, accountId);
  const isRead = refresh || !hasFreshBoards(parts, account);
  const failure = isRead ? await refreshBoards(parts, account) : null;
  if (failure && account.boards_fetched_at === null) throw new Outage('The list of boards on Pinterest');
  const rows = await listBoardRows(db, account.id);
  return {
    data: { boards: rows.map((row) => viewBoard(parts, account, row)) },
    warnings: failure ? [notRefreshed('boards', account.boards_fetched_at, failure)] : [],
  };
}

/**
 * All sections of a board. With a warning, and out of date, when Pinterest does not answer.
 * @throws accountNotFound, boardNotFound, Outage when Pinterest does not answer and no list is stored
 */
export async function listSections(
  parts: BoardParts,
  caller: Caller,
  target: BoardTarget,
  { refresh }: { refresh: boolean },
) {
  const { account, board } = await getBoard(parts, caller, target);
  const stored = sectionsOf(board);
  if (!refresh && hasFreshSections(parts, board)) return sectionsAnswer(stored, []);
  const failure = await refreshSections(parts, account, board.id);
  if (failure?.reason === 'board_not_found') throw boardNotFound();
  if (failure && stored === null) throw new Outage('The list of sections on Pinterest');
  const row = await findBoard(parts.database.db, account.id, board.id);
  const warnings = failure ? [notRefreshed('sections', board.sections_fetched_at, failure)] : [];
  return sectionsAnswer((row && sectionsOf(row)) ?? stored, warnings);
}

function sectionsAnswer(sections: ReturnType<typeof sectionsOf>, warnings: Warning[]) {
  return { data: { sections: (sections ?? []).map(toSectionView) }, warnings };
}

const notRefreshedCodes = { boards: 'boards_not_refreshed', sections: 'sections_not_refreshed' } as const;

function notRefreshed(what: 'boards' | 'sections', fetchedAt: Date | null, failure: Failure): Warning {
  return {
    code: notRefreshedCodes[what],
    message: `These ${what} were read at ${fetchedAt?.toISOString()}. ${failure.message} ${failure.remediation}`,
  };
}
