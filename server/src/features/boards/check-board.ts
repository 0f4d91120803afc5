// Whether Pins can be sent to a board or a section, for whoever is about to store one. Says what is wrong in
// the words of the caller's own fields.
import { distance } from 'fastest-levenshtein';
import type { Database } from '../../platform/db/index.ts';
import { type Detail, Outage } from '../../platform/errors.ts';
import type { AccountRow } from '../accounts/index.ts';
import type { BoardCache } from './board-cache.ts';
import { findBoard, listBoards, listKnownIds, type Section, sectionsOf } from './boards.queries.ts';

export interface WantedBoard {
  boardId: string;
  /** The field that names it, in dots: `posts.3.boardId`. */
  path: string;
}

export type CheckBoard = ReturnType<typeof createCheckBoard>;

export function createCheckBoard({ database, cache }: { database: Database; cache: BoardCache }) {
  const { db } = database;

  /**
   * What is wrong with these boards; nothing when Pins can be sent to all of them. The list is read from
   * Pinterest once when it is old or lacks one of them.
   * @param read Which of them the account has by our list, where that was read with the account.
   * @throws Outage when a board is unknown and Pinterest cannot be asked.
   */
  async function checkAll(
    account: AccountRow,
    wanted: readonly WantedBoard[],
    read?: ReadonlySet<string>,
  ): Promise<Detail[]> {
    const ids = wanted.map((entry) => entry.boardId);
    const missingFrom = async (known?: ReadonlySet<string>) => {
      const ours = known ?? (await listKnownIds(db, account.id, ids));
      return wanted.filter((entry) => !ours.has(entry.boardId));
    };
    if (cache.hasFreshBoards(account) && (await missingFrom(read)).length === 0) return [];
    const failure = await cache.refresh(account);
    const missing = await missingFrom();
    if (missing.length === 0) return [];
    if (failure && failure.accountProblem === 'none') throw new Outage('The list of boards on Pinterest');
    if (failure) {
      const message = `This board is not known, and Pinterest does not let us look: ${failure.message} ${failure.remediation}`;
      return missing.map(({ path }) => ({ path, code: 'board_unverifiable', message }));
    }
    const boards = await listBoards(db, account.id);
    return missing.map(({ boardId, path }) => {
      const hint = hintFor(boardId, boards) ?? 'GET /v1/accounts/{accountId}/boards lists the ids.';
      return { path, code: 'board_not_found', message: `The account has no such board. ${hint}` };
    });
  }

  return {
    checkAll,

    /** The same for one board; null when Pins can be sent there. */
    async check(
      account: AccountRow,
      boardId: string,
      path = 'boardId',
      read?: ReadonlySet<string>,
    ): Promise<Detail | null> {
      const [problem] = await checkAll(account, [{ boardId, path }], read);
      return problem ?? null;
    },

    /**
     * What is wrong with a section of a board, or null when Pins can be sent there. Read from Pinterest once
     * when the sections are old or lack it.
     * @throws Outage when it is unknown and Pinterest cannot be asked.
     */
    async checkSection(
      account: AccountRow,
      boardId: string,
      sectionId: string,
      path = 'boardSectionId',
    ): Promise<Detail | null> {
      const notFound = (why: string) => ({ path, code: 'section_not_found', message: why });
      const [boardProblem] = await checkAll(account, [{ boardId, path }]);
      if (boardProblem) return notFound('Its board is not one of the account, so neither is the section.');
      const isThere = (sections: readonly Section[]) => sections.some(({ id }) => id === sectionId);
      const find = async () => {
        const board = await findBoard(db, account.id, boardId);
        return { board, sections: (board && sectionsOf(board)) ?? [] };
      };
      const known = await find();
      if (known.board && cache.hasFreshSections(known.board) && isThere(known.sections)) return null;
      const failure = await cache.refreshSections(account, boardId);
      const { sections } = await find();
      if (isThere(sections) && failure?.reason !== 'board_not_found') return null;
      if (failure?.reason === 'board_not_found') return notFound('Its board is gone from Pinterest.');
      if (failure && failure.accountProblem === 'none') throw new Outage('The list of sections on Pinterest');
      if (failure) {
        const message = `This section is not known, and Pinterest does not let us look: ${failure.message} ${failure.remediation}`;
        return { path, code: 'section_unverifiable', message };
      }
      const hint =
        hintFor(sectionId, sections) ??
        'GET /v1/accounts/{accountId}/boards/{boardId}/sections lists the ids.';
      return notFound(`The board has no such section. ${hint}`);
    },
  };
}

interface Named {
  id: string;
  name: string;
}

/** Names what was probably meant when a name was given instead of an id. */
function hintFor(given: string, all: readonly Named[]): string | undefined {
  const near = /^\d+$/.test(given) ? [] : nearest(given, all);
  if (near.length === 0) return undefined;
  return `Send an id, not a name: ${near.map(({ id, name }) => `${id} is ${JSON.stringify(name)}`).join(', ')}.`;
}

function nearest(given: string, all: readonly Named[]): Named[] {
  const wanted = given.toLowerCase().slice(0, 100);
  const nearness = (entry: Named) => {
    const own = entry.name.toLowerCase();
    return own.includes(wanted) || wanted.includes(own) ? 0 : distance(wanted, own);
  };
  return all
    .map((entry) => ({ entry, far: nearness(entry) }))
    .filter(({ far }) => far <= Math.max(2, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ entry }) => entry);
}
