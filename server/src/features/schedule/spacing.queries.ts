// The account was found for the caller before; its id is the owner here.
import type { Selectable } from 'kysely';
import { type Connection, type Schema, sql } from '../../platform/db/index.ts';

export type SpacingRuleRow = Selectable<Schema['spacing_rules']>;

/** The key under which the account's default rule stands; no url has it. */
export const defaultKey = '';

/** The default first, the others in the order of their urls. */
export async function listSpacingRules(connection: Connection, accountId: string): Promise<SpacingRuleRow[]> {
  return connection
    .selectFrom('spacing_rules')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('destination_key')
    .execute();
}

/** The rule for a destination: its own, or else the default. */
export async function findSpacingRule(
  connection: Connection,
  accountId: string,
  destinationKey: string,
): Promise<SpacingRuleRow | undefined> {
  return (
    connection
      .selectFrom('spacing_rules')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('destination_key', 'in', [destinationKey, defaultKey])
      // The empty key sorts before every other one.
      .orderBy('destination_key', 'desc')
      .limit(1)
      .executeTakeFirst()
  );
}

export async function putSpacingRule(connection: Connection, row: SpacingRuleRow): Promise<void> {
  const { url, min_days, updated_at } = row;
  await connection
    .insertInto('spacing_rules')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'destination_key']).doUpdateSet({ url, min_days, updated_at }),
    )
    .execute();
}

/** Whether there was one. */
export async function deleteSpacingRule(
  connection: Connection,
  accountId: string,
  destinationKey: string,
): Promise<boolean> {
  const result = await connection
    .deleteFrom('spacing_rules')
    .where('account_id', '=', accountId)
    .where('destination_key', '=', destinationKey)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

interface SameDestination {
  accountId: string;
  destinationKey: string;
  after: Date;
  before: Date;
  exceptPostId: string | null;
}

/** Walks the index posts_by_destination. listed_at is sent_at of a sent post and send_at of one that waits. */
function postsWithDestination(connection: Connection, same: SameDestination) {
  const query = connection
    .selectFrom('posts')
    .where('account_id', '=', same.accountId)
    .where('destination_key', '=', same.destinationKey)
    .where('listed_at', '>', same.after)
    .where('listed_at', '<', same.before)
    .where('status', 'in', ['queued', 'uploading', 'sent'])
    .where('deleted_at', 'is', null);
  return same.exceptPostId === null ? query : query.where('id', '<>', same.exceptPostId);
}

/** When the posts with one destination went out or will go out, between two moments. */
export async function listDestinationTimes(connection: Connection, same: SameDestination): Promise<Date[]> {
  const rows = await postsWithDestination(connection, same).select('listed_at').execute();
  return rows.map((row) => row.listed_at);
}

/** Of the posts with one destination between two moments, the one nearest to a third. */
export async function findNearestWithDestination(
  connection: Connection,
  { at, ...same }: SameDestination & { at: Date },
): Promise<{ id: string; listed_at: Date } | undefined> {
  return postsWithDestination(connection, same)
    .select(['id', 'listed_at'])
    .orderBy(sql`abs(extract(epoch from listed_at - ${at}::timestamptz))`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}
