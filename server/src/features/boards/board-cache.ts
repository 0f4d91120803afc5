// The account's boards and their sections as Pinterest has them, kept for ten minutes at most. The only place
// in this room that asks Pinterest.
import type { Answer, Board, Failure, Pinterest, PinterestEnvironments } from '../../pinterest/index.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import {
  type AccountRow,
  type AccountsService,
  accountNotFound,
  environmentOf,
  getAccountForWork,
} from '../accounts/index.ts';
import {
  type BoardRow,
  type FetchedBoard,
  findVersion,
  replaceBoards,
  replaceSections,
} from './boards.queries.ts';

/** Pinterest's guidelines ask not to keep what its API answers; docs/api-contract.md#boards says ten minutes. */
const freshMs = 10 * 60 * 1000;
/** How often a list is read anew because a board was changed through us meanwhile. */
const readsMax = 3;

export interface BoardsParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  accounts: AccountsService;
}

export type Outcome<T> = { kind: 'ok'; value: T } | { kind: 'failed'; failure: Failure };

export type BoardCache = ReturnType<typeof createBoardCache>;

export function createBoardCache({ database, clock, pinterest, accounts }: BoardsParts) {
  // Many creates for one account must not read its boards many times over.
  const running = new Map<string, Promise<Failure | null>>();

  function once(key: string, read: () => Promise<Failure | null>): Promise<Failure | null> {
    const current = running.get(key);
    if (current) return current;
    const started = read().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  }

  /** Asks with the account's token; with a new one, once more, when it has lapsed. */
  async function ask<T>(
    account: AccountRow,
    question: (client: Pinterest, token: string) => Promise<Answer<T>>,
  ): Promise<Outcome<T>> {
    const token = accounts.accessToken(account);
    // Disconnected after the request began.
    if (token === null) throw accountNotFound();
    const client = pinterest.of(environmentOf(account));
    const answer = await question(client, token);
    if (answer.kind === 'ok' || answer.failure.reason !== 'token_invalid') return answer;
    if ((await accounts.tokenRefused(account, answer.failure.reason)) !== 'refreshed') return answer;
    // Pinterest has done nothing yet, so asking again cannot do it twice.
    const renewed = accounts.accessToken(await getAccountForWork(database.db, account.id));
    return renewed === null ? answer : question(client, renewed);
  }

  /** A read that lacks a right shows that the grant is not what publishing needs. */
  async function read<T>(account: AccountRow, question: Parameters<typeof ask<T>>[1]): Promise<Outcome<T>> {
    const outcome = await ask(account, question);
    if (outcome.kind === 'failed' && isAboutGrant(outcome.failure)) {
      await accounts.tokenRefused(account, outcome.failure.reason);
    }
    return outcome;
  }

  /** @throws accountNotFound when it was disconnected after the request began. */
  async function versionOf(account: AccountRow): Promise<number> {
    const version = await findVersion(database.db, account.id);
    if (version === undefined) throw accountNotFound();
    return version;
  }

  async function readBoards(account: AccountRow): Promise<Failure | null> {
    for (let reads = 0; reads < readsMax; reads += 1) {
      const version = await versionOf(account);
      const answer = await read(account, (client, token) => client.listBoards(token));
      if (answer.kind === 'failed') return answer.failure;
      // Boards made for ads take no Pins from a scheduler.
      const boards = answer.value.filter((board) => !board.isAdsOnly).map((board) => toRow(board, account));
      const list = { boards, version, fetchedAt: clock.now() };
      if (await database.transaction((tx) => replaceBoards(tx, account.id, list))) return null;
    }
    // Changed through us each time: what is kept is good, and the next one reads it again.
    return null;
  }

  async function readSections(account: AccountRow, boardId: string): Promise<Failure | null> {
    for (let reads = 0; reads < readsMax; reads += 1) {
      const version = await versionOf(account);
      const answer = await read(account, (client, token) => client.listBoardSections(token, boardId));
      if (answer.kind === 'failed') return answer.failure;
      const list = { sections: answer.value, version, fetchedAt: clock.now() };
      const board = { accountId: account.id, boardId };
      if (await database.transaction((tx) => replaceSections(tx, board, list))) return null;
    }
    return null;
  }

  const isFresh = (fetchedAt: Date | null): boolean =>
    fetchedAt !== null && addMs(fetchedAt, freshMs) > clock.now();

  return {
    ask,

    /** Reads the list of boards anew; null, or why it could not. */
    refresh: (account: AccountRow) => once(account.id, () => readBoards(account)),

    /** Reads the sections of a board anew. */
    refreshSections: (account: AccountRow, boardId: string) =>
      once(`${account.id} ${boardId}`, () => readSections(account, boardId)),

    hasFreshBoards: (account: AccountRow) => isFresh(account.boards_fetched_at),
    hasFreshSections: (board: BoardRow) => isFresh(board.sections_fetched_at),
  };
}

function isAboutGrant({ accountProblem, reason }: Failure): boolean {
  return accountProblem === 'unauthorized' && reason !== 'token_invalid';
}

export function toRow(board: Board, account: AccountRow): FetchedBoard {
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
