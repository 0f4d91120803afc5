// The account's boards and sections on Pinterest: reads them into our tables, where they stay fresh for ten minutes, and
// changes them. The only file of this room that calls Pinterest.
import type { Answer, Board, Failure, Pinterest } from '../../pinterest/index.ts';
import { addMs } from '../../platform/clock.ts';
import { type AccountRow, accountNotFound, environmentOf, getAccountForWork } from '../accounts/index.ts';
import { refusalFor } from './boards.errors.ts';
import {
  type BoardRow,
  type FetchedBoard,
  findBoardsVersion,
  replaceBoards,
  replaceSections,
} from './boards.queries.ts';
import type { BoardParts } from './parts.ts';

/** Pinterest's guidelines restrict how long responses may be stored; docs/api-contract.md#boards says ten minutes. */
const boardsFreshMs = 10 * 60 * 1000;
/** How often a list is read again because a board was changed through Pintail during the read. */
const boardReadsMax = 3;

/** A call with the account's access token. */
export type BoardCall<T> = (client: Pinterest, token: string) => Promise<Answer<T>>;

type Outcome<T> = { kind: 'ok'; value: T } | { kind: 'failed'; failure: Failure };

/** Whether the stored list of boards is fresh. */
export function hasFreshBoards(parts: BoardParts, account: AccountRow): boolean {
  return isFresh(parts, account.boards_fetched_at);
}

/** Whether the stored list of the board's sections is fresh. */
export function hasFreshSections(parts: BoardParts, board: BoardRow): boolean {
  return isFresh(parts, board.sections_fetched_at);
}

function isFresh({ clock }: BoardParts, fetchedAt: Date | null): boolean {
  return fetchedAt !== null && addMs(fetchedAt, boardsFreshMs) > clock.now();
}

/** Reads the list of boards from Pinterest. Returns why it could not be read, or null. */
export function refreshBoards(parts: BoardParts, account: AccountRow): Promise<Failure | null> {
  return parts.runningReads.join(account.id, async () => {
    for (let reads = 0; reads < boardReadsMax; reads += 1) {
      const version = await getBoardsVersion(parts, account);
      const answer = await readFromPinterest(parts, account, (client, token) => client.listBoards(token));
      if (answer.kind === 'failed') return answer.failure;
      // Boards for ads do not accept Pins from a scheduler.
      const boards = answer.value
        .filter((board) => !board.isAdsOnly)
        .map((board) => toBoardRow(board, account));
      const list = { boards, version, fetchedAt: parts.clock.now() };
      if (await parts.database.transaction((tx) => replaceBoards(tx, account.id, list))) return null;
    }
    // A board was changed through Pintail during each read: the stored list is correct, and the next request reads again.
    return null;
  });
}

/** Reads the sections of a board from Pinterest. Returns why they could not be read, or null. */
export function refreshSections(
  parts: BoardParts,
  account: AccountRow,
  boardId: string,
): Promise<Failure | null> {
  return parts.runningReads.join(`${account.id} ${boardId}`, async () => {
    for (let reads = 0; reads < boardReadsMax; reads += 1) {
      const version = await getBoardsVersion(parts, account);
      const answer = await readFromPinterest(parts, account, (client, token) =>
        client.listBoardSections(token, boardId),
      );
      if (answer.kind === 'failed') return answer.failure;
      const list = { sections: answer.value, version, fetchedAt: parts.clock.now() };
      const board = { accountId: account.id, boardId };
      if (await parts.database.transaction((tx) => replaceSections(tx, board, list))) return null;
    }
    return null;
  });
}

/**
 * Changes a board on Pinterest and returns the response. When Pinterest refuses, the stored list is read again, because it
 * may be out of date; so are the sections of `sectionsOf`.
 * @throws Refusal
 */
export async function changeOnPinterest<T>(
  parts: BoardParts,
  account: AccountRow,
  call: BoardCall<T>,
  { sectionsOf }: { sectionsOf?: string } = {},
): Promise<T> {
  const outcome = await callPinterest(parts, account, call);
  if (outcome.kind === 'ok') return outcome.value;
  await refreshBoards(parts, account);
  if (sectionsOf !== undefined) await refreshSections(parts, account, sectionsOf);
  throw refusalFor(outcome.failure);
}

/** A read that lacks a permission shows that the tokens lack permissions that publishing needs. */
async function readFromPinterest<T>(
  parts: BoardParts,
  account: AccountRow,
  call: BoardCall<T>,
): Promise<Outcome<T>> {
  const outcome = await callPinterest(parts, account, call);
  if (outcome.kind === 'failed' && lacksPermission(outcome.failure)) {
    await parts.accounts.tokenRefused(account, outcome.failure.reason);
  }
  return outcome;
}

/** Calls with the account's token; if it has expired, once more with a new token. */
async function callPinterest<T>(
  { database, pinterest, accounts }: BoardParts,
  account: AccountRow,
  call: BoardCall<T>,
): Promise<Outcome<T>> {
  const token = accounts.accessToken(account);
  // It was disconnected after the request began.
  if (token === null) throw accountNotFound();
  const client = pinterest.of(environmentOf(account));
  const answer = await call(client, token);
  if (answer.kind === 'ok' || answer.failure.reason !== 'token_invalid') return answer;
  if ((await accounts.tokenRefused(account, answer.failure.reason)) !== 'refreshed') return answer;
  // Pinterest has done nothing yet, so a second call cannot do it twice.
  const newToken = accounts.accessToken(await getAccountForWork(database.db, account.id));
  return newToken === null ? answer : call(client, newToken);
}

function lacksPermission({ accountProblem, reason }: Failure): boolean {
  return accountProblem === 'unauthorized' && reason !== 'token_invalid';
}

/** @throws accountNotFound when the account was disconnected after the request began. */
async function getBoardsVersion({ database }: BoardParts, account: AccountRow): Promise<number> {
  const version = await findBoardsVersion(database.db, account.id);
  if (version === undefined) throw accountNotFound();
  return version;
}

/** The columns of a board that Pinterest returned. */
export function toBoardRow(board: Board, account: AccountRow): FetchedBoard {
  const owner = board.ownerUsername;
  return {
    id: board.id,
    name: board.name,
    description: board.description,
    is_collaborator: owner !== null && owner !== account.username,
    is_secret: board.privacy === 'SECRET',
    pin_count: board.pinCount,
    owner_username: owner,
  };
}
