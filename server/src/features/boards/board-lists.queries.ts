import type { Insertable, Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';

export type BoardListRow = Selectable<Schema['board_lists']>;

/** Whose lists. The account was found for the caller before. */
export interface ListOwner {
  organizationId: string;
  accountId: string;
}

export async function listBoardLists(connection: Connection, owner: ListOwner): Promise<BoardListRow[]> {
  return connection
    .selectFrom('board_lists')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .orderBy('id')
    .execute();
}

export async function countBoardLists(connection: Connection, owner: ListOwner): Promise<number> {
  const row = await connection
    .selectFrom('board_lists')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', owner.accountId)
    .where('organization_id', '=', owner.organizationId)
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function insertBoardList(
  connection: Connection,
  row: Insertable<Schema['board_lists']>,
): Promise<BoardListRow> {
  return connection.insertInto('board_lists').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Undefined when the account has no such list. */
export async function updateBoardList(
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

export async function deleteBoardList(
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
