// SQL of boards and their sections, as they were last read from Pinterest.
import type { RawBuilder, Selectable, UpdateObject } from 'kysely';
import { isShownAsQueued } from '../../domain/post-states.queries.ts';
import { type Connection, json, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import { markBoardsFetched, raiseBoardsVersion } from '../accounts/index.ts';

export type BoardRow = Selectable<Schema['boards']>;

/** A board as Pinterest returns it, without its sections, which are another request. */
export type FetchedBoard = Omit<BoardRow, 'account_id' | 'position' | 'sections' | 'sections_fetched_at'>;

export interface Section {
  id: string;
  name: string;
}

/** The account's boards in Pinterest's order. The caller's right to see the account was checked before. */
export async function listBoardRows(connection: Connection, accountId: string): Promise<BoardRow[]> {
  return connection
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('position')
    .orderBy('id')
    .execute();
}

/** One board of the account. */
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

/** Returns those of the ids that are stored boards of the account. */
export async function listStoredIds(
  connection: Connection,
  accountId: string,
  boardIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ ids: string[] }>`select ${storedIds(accountId, boardIds)} as ids`.execute(
    connection,
  );
  return new Set(rows[0]?.ids);
}

/** SQL fragment of `listStoredIds`, for a larger statement. */
export function storedIds(accountId: string, boardIds: readonly string[]): RawBuilder<string[]> {
  return sql`array(select id from boards where account_id = ${accountId} and id = any(${[...boardIds]}::text[]))`;
}

/**
 * The version of the account's boards, which every change through Pintail raises; see `replaceBoards`. Undefined for an
 * account that was disconnected.
 */
export async function findBoardsVersion(
  connection: Connection,
  accountId: string,
): Promise<number | undefined> {
  const row = await connection
    .selectFrom('accounts')
    .select('boards_version')
    .where('id', '=', accountId)
    .where('disconnected_at', 'is', null)
    .executeTakeFirst();
  return row?.boards_version;
}

/**
 * Replaces the stored list by a list just read from Pinterest. Returns false, and changes nothing, when a board was
 * changed through Pintail since `version` was read: the list may be older than the change.
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
  // A statement can have at most 65,535 parameters; 1,000 boards need 9,000.
  for (let start = 0; start < rows.length; start += 1000) {
    await upsert(tx, rows.slice(start, start + 1000));
  }
  return true;
}

/** Stored sections of the boards are unchanged. */
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

/** Stores a board that Pinterest has just created or changed; a new board comes last. */
export async function storeBoard(tx: Tx, accountId: string, board: FetchedBoard): Promise<BoardRow> {
  await raiseBoardsVersion(tx, accountId);
  const existing = await findBoard(tx, accountId, board.id);
  const position = existing?.position ?? (await nextPosition(tx, accountId));
  await upsert(tx, [{ ...board, account_id: accountId, position }]);
  return tx
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', board.id)
    .executeTakeFirstOrThrow();
}

async function nextPosition(tx: Tx, accountId: string): Promise<number> {
  const last = await tx
    .selectFrom('boards')
    .select('position')
    .where('account_id', '=', accountId)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ? last.position + 1 : 0;
}

/** Deletes all boards of an account that is being disconnected. */
export async function deleteStoredBoards(tx: Tx, accountId: string): Promise<void> {
  await raiseBoardsVersion(tx, accountId);
  await tx.deleteFrom('boards').where('account_id', '=', accountId).execute();
}

/** Deletes a board that Pinterest has just deleted. */
export async function deleteBoardRow(tx: Tx, accountId: string, boardId: string): Promise<void> {
  await raiseBoardsVersion(tx, accountId);
  await tx.deleteFrom('boards').where('account_id', '=', accountId).where('id', '=', boardId).execute();
}

/** Stores sections just read. Returns false when a board was changed through Pintail since `version` was read. */
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
  await updateBoardRow(tx, board, { sections: json(list.sections), sections_fetched_at: list.fetchedAt });
  return true;
}

/** Stores a change of sections that Pinterest has just made. Does nothing where the sections were never read. */
export async function changeSections(
  tx: Tx,
  board: { accountId: string; boardId: string },
  change: (sections: Section[]) => Section[],
): Promise<void> {
  await raiseBoardsVersion(tx, board.accountId);
  const row = await findBoard(tx, board.accountId, board.boardId);
  const sections = row && sectionsOf(row);
  if (sections) await updateBoardRow(tx, board, { sections: json(change(sections)) });
}

async function updateBoardRow(
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

/** The stored sections of a board; null when they were never read. */
export function sectionsOf(row: Pick<BoardRow, 'sections'>): Section[] | null {
  // Only the functions above write this column, always as a list of sections.
  return row.sections as Section[] | null;
}

/** The number of queued posts for a board, or for a section of it. */
export async function countQueuedPosts(
  connection: Connection,
  accountId: string,
  place: { boardId: string; sectionId?: string },
): Promise<number> {
  // Reads the account's queue in the index posts_listed.
  let query = connection
    .selectFrom('posts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where(isShownAsQueued(sql`posts`))
    .where('deleted_at', 'is', null)
    .where('board_id', '=', place.boardId);
  if (place.sectionId !== undefined) query = query.where('board_section_id', '=', place.sectionId);
  const row = await query.executeTakeFirstOrThrow();
  return row.count;
}
