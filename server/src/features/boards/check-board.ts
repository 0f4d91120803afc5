// Checks whether Pins can be sent to boards and sections. Problems are reported at the fields of the caller that name them.
import { distance } from 'fastest-levenshtein';
import type { Failure } from '../../pinterest/index.ts';
import { type Detail, Outage } from '../../platform/errors.ts';
import type { AccountRow } from '../accounts/index.ts';
import { findBoard, listBoardRows, listStoredIds, type Section, sectionsOf } from './boards.queries.ts';
import type { BoardParts } from './parts.ts';
import { hasFreshBoards, hasFreshSections, refreshBoards, refreshSections } from './pinterest-boards.ts';

export interface WantedBoard {
  boardId: string;
  /** The field that names it, in dots: `posts.3.boardId`. */
  path: string;
}

/**
 * The problems of these boards; none when Pins can be sent to all of them. The list is read from Pinterest once when it
 * is not fresh or lacks one of them.
 * @param storedIds Those of the ids that our list has, where the caller has read them.
 * @throws Outage when a board is not in our list and Pinterest does not answer
 */
export async function checkBoards(
  parts: BoardParts,
  account: AccountRow,
  wanted: readonly WantedBoard[],
  storedIds?: ReadonlySet<string>,
): Promise<Detail[]> {
  const { db } = parts.database;
  const ids = wanted.map(({ boardId }) => boardId);
  const missingFrom = (stored: ReadonlySet<string>) => wanted.filter(({ boardId }) => !stored.has(boardId));
  if (hasFreshBoards(parts, account)) {
    const stored = storedIds ?? (await listStoredIds(db, account.id, ids));
    if (missingFrom(stored).length === 0) return [];
  }
  const failure = await refreshBoards(parts, account);
  const missing = missingFrom(await listStoredIds(db, account.id, ids));
  if (missing.length === 0) return [];
  if (failure) {
    const message = unverifiable('board', failure);
    return missing.map(({ path }) => ({ path, code: 'board_unverifiable', message }));
  }
  const boards = await listBoardRows(db, account.id);
  return missing.map(({ boardId, path }) => {
    const hint = nameHint(boardId, boards) ?? 'GET /v1/accounts/{accountId}/boards lists the ids.';
    return { path, code: 'board_not_found', message: `This account has no board with this id. ${hint}` };
  });
}

/**
 * The problem of a section, or null when Pins can be sent there. The sections are read from Pinterest once when they are
 * not fresh or lack it.
 * @throws Outage when the section is not in our list and Pinterest does not answer
 */
export async function checkSection(
  parts: BoardParts,
  account: AccountRow,
  { boardId, sectionId, path = 'boardSectionId' }: { boardId: string; sectionId: string; path?: string },
): Promise<Detail | null> {
  const notFound = (message: string) => ({ path, code: 'section_not_found', message });
  const boardProblems = await checkBoards(parts, account, [{ boardId, path }]);
  if (boardProblems.length > 0)
    return notFound('This account has no board with the id in boardId, so the section cannot be checked.');
  const hasSection = (sections: readonly Section[]) => sections.some(({ id }) => id === sectionId);
  const stored = await findSections(parts, account, boardId);
  if (stored.areFresh && hasSection(stored.sections)) return null;
  const failure = await refreshSections(parts, account, boardId);
  if (failure?.reason === 'board_not_found') return notFound('The board no longer exists on Pinterest.');
  const { sections } = await findSections(parts, account, boardId);
  if (hasSection(sections)) return null;
  if (failure) return { path, code: 'section_unverifiable', message: unverifiable('section', failure) };
  const hint =
    nameHint(sectionId, sections) ?? 'GET /v1/accounts/{accountId}/boards/{boardId}/sections lists the ids.';
  return notFound(`This board has no section with this id. ${hint}`);
}

async function findSections(parts: BoardParts, account: AccountRow, boardId: string) {
  const board = await findBoard(parts.database.db, account.id, boardId);
  return {
    sections: (board && sectionsOf(board)) ?? [],
    areFresh: board !== undefined && hasFreshSections(parts, board),
  };
}

/** @throws Outage unless the failure concerns the account, which its owner can fix */
function unverifiable(what: 'board' | 'section', failure: Failure): string {
  if (failure.accountProblem === 'none') throw new Outage(`The list of ${what}s on Pinterest`);
  return `This ${what} is not in the stored list, and Pinterest refused the request for the current one: ${failure.message} ${failure.remediation}`;
}

interface Named {
  id: string;
  name: string;
}

/** Suggests ids when a name was sent instead of an id. */
function nameHint(text: string, all: readonly Named[]): string | undefined {
  const similar = /^\d+$/.test(text) ? [] : listSimilar(text, all);
  if (similar.length === 0) return undefined;
  return `Send an id, not a name: ${similar.map(({ id, name }) => `${id} is ${JSON.stringify(name)}`).join(', ')}.`;
}

const similarNamesMax = 5;

function listSimilar(text: string, all: readonly Named[]): Named[] {
  const wanted = text.toLowerCase().slice(0, 100);
  const distanceTo = (entry: Named) => {
    const name = entry.name.toLowerCase();
    return name.includes(wanted) || wanted.includes(name) ? 0 : distance(wanted, name);
  };
  const distanceMax = Math.max(2, Math.floor(wanted.length / 3));
  return all
    .map((entry) => ({ entry, distance: distanceTo(entry) }))
    .filter((candidate) => candidate.distance <= distanceMax)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, similarNamesMax)
    .map(({ entry }) => entry);
}
