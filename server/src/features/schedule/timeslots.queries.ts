// Timeslots of accounts that the caller may see: the use case has checked it.
import type { InsertObject, Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';

export type TimeslotRow = Selectable<Schema['timeslots']>;
export type NewTimeslotRow = InsertObject<Schema, 'timeslots'>;

/** The columns that the search for a slot reads. There may be a thousand rows, so only these. */
export async function listSlotTimes(
  connection: Connection,
  accountId: string,
): Promise<Pick<TimeslotRow, 'id' | 'day_preference' | 'minute_of_day' | 'timezone'>[]> {
  return connection
    .selectFrom('timeslots')
    .select(['id', 'day_preference', 'minute_of_day', 'timezone'])
    .where('account_id', '=', accountId)
    .execute();
}

/** In the order of the week. */
export async function listTimeslotRows(connection: Connection, accountId: string): Promise<TimeslotRow[]> {
  return connection
    .selectFrom('timeslots')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('day_preference')
    .orderBy('minute_of_day')
    .orderBy('timezone')
    .execute();
}

export async function insertTimeslots(connection: Connection, rows: readonly NewTimeslotRow[]) {
  if (rows.length === 0) return;
  await connection
    .insertInto('timeslots')
    .values([...rows])
    .execute();
}

export async function updateTimeslotRow(
  connection: Connection,
  slot: TimeslotRow,
  change: Partial<Omit<TimeslotRow, 'id' | 'account_id'>>,
): Promise<TimeslotRow> {
  return connection
    .updateTable('timeslots')
    .set(change)
    .where('account_id', '=', slot.account_id)
    .where('id', '=', slot.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteTimeslots(
  connection: Connection,
  accountId: string,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const result = await connection
    .deleteFrom('timeslots')
    .where('account_id', '=', accountId)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
