// SQL of board lists.
import type { Insertable, Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';

export type BoardListRow = Selectable<Schema['board_lists']>;

/** The account whose lists they are. The caller's right to see it was checked before. */
export interface ListOwner {
  organizationId: string;
  accountId: string;
}

/** All board lists of an account, oldest first. */
export async function listBoardListRows(connection: Connection, owner: ListOwner): Promise<BoardListRow[]> {
  return connection
    .selectFrom('board_lists')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .orderBy('id')
    .execute();
}

/** The number of board lists of an account. */
export async function countBoardLists(connection: Connection, owner: ListOwner): Promise<number> {
  const row = await connection
    .selectFrom('board_lists')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Stores a new board list. */
export async function insertBoardList(
  connection: Connection,
  row: Insertable<Schema['board_lists']>,
): Promise<BoardListRow> {
  return connection.insertInto('board_lists').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Changes a board list and returns its row. Undefined when the account has no list with this id. */
export async function updateBoardListRow(
  connection: Connection,
  owner: ListOwner,
  id: number,
  change: Pick<BoardListRow, 'name' | 'board_ids' | 'updated_at'>,
): Promise<BoardListRow | undefined> {
  return connection
    .updateTable('board_lists')
    .set(change)
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .returningAll()
    .executeTakeFirst();
}

/** Deletes a board list. Returns false when the account has no list with this id. */
export async function deleteBoardListRow(
  connection: Connection,
  owner: ListOwner,
  id: number,
): Promise<boolean> {
  const row = await connection
    .deleteFrom('board_lists')
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
