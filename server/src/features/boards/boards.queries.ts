import type { Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';

export type BoardRow = Selectable<Schema['boards']>;

/** The account's boards as last read from Pinterest. The account was found for the caller before. */
export async function listBoards(connection: Connection, accountId: string): Promise<BoardRow[]> {
  return connection
    .selectFrom('boards')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('position')
    .execute();
}

export async function hasBoard(connection: Connection, accountId: string, boardId: string): Promise<boolean> {
  const row = await connection
    .selectFrom('boards')
    .select('id')
    .where('account_id', '=', accountId)
    .where('id', '=', boardId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Puts a list just read from Pinterest in the place of the old one. */
export async function replaceBoards(
  connection: Connection,
  accountId: string,
  boards: readonly Omit<BoardRow, 'account_id' | 'position'>[],
  fetchedAt: Date,
): Promise<void> {
  // Taking the account's row first makes two refreshes follow one another.
  await connection
    .updateTable('accounts')
    .set({ boards_fetched_at: fetchedAt })
    .where('id', '=', accountId)
    .execute();
  await connection.deleteFrom('boards').where('account_id', '=', accountId).execute();
  const rows = boards.map((board, position) => ({ ...board, account_id: accountId, position }));
  // A statement holds at most 65,535 parameters; a thousand boards need eight thousand.
  for (let start = 0; start < rows.length; start += 1000) {
    await connection
      .insertInto('boards')
      .values(rows.slice(start, start + 1000))
      .execute();
  }
}
