// The functions of this room that other rooms use, bound to the parts.
import type { Caller } from '../../platform/use-case/index.ts';
import type { AccountRow } from '../accounts/index.ts';
import { checkBoards, checkSection, type WantedBoard } from './check-board.ts';
import type { BoardParts } from './parts.ts';
import { type BoardTarget, listBoards, listSections } from './use-cases/read-boards.ts';

export type BoardsService = ReturnType<typeof bindBoards>;

/** Binds the parts once, for all who use this room. */
export function bindBoards(parts: BoardParts) {
  return {
    /** See `checkBoards`. */
    checkAll: (account: AccountRow, wanted: readonly WantedBoard[], storedIds?: ReadonlySet<string>) =>
      checkBoards(parts, account, wanted, storedIds),
    checkSection: (account: AccountRow, boardId: string, sectionId: string, path?: string) =>
      checkSection(parts, account, { boardId, sectionId, ...(path !== undefined && { path }) }),

    list: (caller: Caller, accountId: string, input: { refresh: boolean }) =>
      listBoards(parts, caller, accountId, input),
    /** See `listSections`. Reads them from Pinterest only when they are not fresh. */
    listSections: (caller: Caller, target: BoardTarget) =>
      listSections(parts, caller, target, { refresh: false }),
  };
}
