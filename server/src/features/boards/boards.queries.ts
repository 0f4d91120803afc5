import type { RawBuilder, Selectable, UpdateObject } from 'kysely';
import { type Connection, json, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import { markBoardsFetched, raiseBoardsVersion } from '../accounts/index.ts';

export type BoardRow = Selectable<Schema['boards']>;

/** A board as Pinterest tells of it. What its sections are is asked for apart. */
export type FetchedBoard = Omit<BoardRow, 'account_id' | 'position' | 'sections' | 'sections_fetched_at'>;

export interface Section {
  id: string;
  name: string;
}

/** The account's boards as last read from Pinterest. The account was found for the caller before. */
export async function listBoards(connection: Connection, accountId: string): Promise<BoardRow[]> {
  return connection
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('position')
    .orderBy('id')
    .execute();
}

export async function findBoard(
  connection: Connection,
  accountId: string,
  boardId: string,
): Promise<BoardRow | undefined> {
  return connection
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', boardId)
    .executeTakeFirst();
}

/** Of these ids, the ones that are boards of the account. */
export async function listKnownIds(
  connection: Connection,
  accountId: string,
  boardIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ ids: string[] }>`select ${knownIds(accountId, boardIds)} as ids`.execute(
    connection,
  );
  return new Set(rows[0]?.ids);
}

/** The same as a part of a larger statement. */
export function knownIds(accountId: string, boardIds: readonly string[]): RawBuilder<string[]> {
  return sql`array(select id from boards where account_id = ${accountId} and id = any(${[...boardIds]}::text[]))`;
}

/** Raised by every change that goes through us; see `replaceBoards`. Undefined once the account was disconnected. */
export async function findVersion(connection: Connection, accountId: string): Promise<number | undefined> {
  const row = await connection
    .selectFrom('accounts')
    .select('boards_version')
    .where('id', '=', accountId)
    .where('disconnected_at', 'is', null)
    .executeTakeFirst();
  return row?.boards_version;
}

/**
 * Puts a list just read from Pinterest in the place of the old one. Changes nothing, and returns false, when
 * a board was changed through us since `version` was read: the list may be from before the change.
 */
export async function replaceBoards(
  tx: Tx,
  accountId: string,
  list: { boards: readonly FetchedBoard[]; version: number; fetchedAt: Date },
): Promise<boolean> {
  if (!(await markBoardsFetched(tx, accountId, list))) return false;
  await tx
    .deleteFrom('boards')
    .where('account_id', '=', accountId)
    .where('id', '<>', sql<string>`all(${list.boards.map((board) => board.id)}::text[])`)
    .execute();
  const rows = list.boards.map((board, position) => ({ ...board, account_id: accountId, position }));
  // A statement holds at most 65,535 parameters; a thousand boards need nine thousand.
  for (let start = 0; start < rows.length; start += 1000) {
    await upsert(tx, rows.slice(start, start + 1000));
  }
  return true;
}

/** What is known of a board's sections stays. */
async function upsert(
  tx: Tx,
  rows: readonly (FetchedBoard & Pick<BoardRow, 'account_id' | 'position'>)[],
): Promise<void> {
  await tx
    .insertInto('boards')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'id']).doUpdateSet((eb) => ({
        name: eb.ref('excluded.name'),
        description: eb.ref('excluded.description'),
        is_collaborator: eb.ref('excluded.is_collaborator'),
        is_secret: eb.ref('excluded.is_secret'),
        pin_count: eb.ref('excluded.pin_count'),
        owner_username: eb.ref('excluded.owner_username'),
        position: eb.ref('excluded.position'),
      })),
    )
    .execute();
}

/** A board that Pinterest has just made or changed; a new one comes last. */
export async function keepBoard(tx: Tx, accountId: string, board: FetchedBoard): Promise<BoardRow> {
  await raiseBoardsVersion(tx, accountId);
  const known = await findBoard(tx, accountId, board.id);
  const last = await tx
    .selectFrom('boards')
    .select((eb) => eb.fn.max('position').as('position'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  const position = known?.position ?? (last?.position ?? -1) + 1;
  await upsert(tx, [{ ...board, account_id: accountId, position }]);
  return tx
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', board.id)
    .executeTakeFirstOrThrow();
}

/** All of them: nothing of Pinterest's is kept for an account that was disconnected. */
export async function dropBoards(tx: Tx, accountId: string): Promise<void> {
  await raiseBoardsVersion(tx, accountId);
  await tx.deleteFrom('boards').where('account_id', '=', accountId).execute();
}

export async function dropBoard(tx: Tx, accountId: string, boardId: string): Promise<void> {
  await raiseBoardsVersion(tx, accountId);
  await tx.deleteFrom('boards').where('account_id', '=', accountId).where('id', '=', boardId).execute();
}

/** Keeps the sections just read, unless a board was changed through us since `version` was read. */
export async function replaceSections(
  tx: Tx,
  board: { accountId: string; boardId: string },
  list: { sections: readonly Section[]; version: number; fetchedAt: Date },
): Promise<boolean> {
  const account = await tx
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', board.accountId)
    .where('boards_version', '=', list.version)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!account) return false;
  await updateBoard(tx, board, { sections: json(list.sections), sections_fetched_at: list.fetchedAt });
  return true;
}

/** A change of sections that Pinterest has just made; nothing where they are not known. */
export async function changeSections(
  tx: Tx,
  board: { accountId: string; boardId: string },
  change: (sections: Section[]) => Section[],
): Promise<void> {
  await raiseBoardsVersion(tx, board.accountId);
  const row = await findBoard(tx, board.accountId, board.boardId);
  const sections = row && sectionsOf(row);
  if (sections) await updateBoard(tx, board, { sections: json(change(sections)) });
}

async function updateBoard(
  tx: Tx,
  board: { accountId: string; boardId: string },
  change: UpdateObject<Schema, 'boards'>,
): Promise<void> {
  await tx
    .updateTable('boards')
    .set(change)
    .where('account_id', '=', board.accountId)
    .where('id', '=', board.boardId)
    .execute();
}

/** Null when they were not read. */
export function sectionsOf(row: Pick<BoardRow, 'sections'>): Section[] | null {
  // Only the functions above write this column.
  return row.sections as Section[] | null;
}

/** How many queued posts would have nowhere to go without the board, or without the section. */
export async function countQueuedPosts(
  connection: Connection,
  accountId: string,
  place: { boardId: string; sectionId?: string },
): Promise<number> {
  // Walks the account's queue in the index posts_listed.
  let query = connection
    .selectFrom('posts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('status', '=', 'queued')
    .where('deleted_at', 'is', null)
    .where('board_id', '=', place.boardId);
  if (place.sectionId !== undefined) query = query.where('board_section_id', '=', place.sectionId);
  const row = await query.executeTakeFirstOrThrow();
  return row.count;
}
