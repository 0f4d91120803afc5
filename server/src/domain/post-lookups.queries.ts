// Look-ups of posts by a key within an account: a destination, or an id of the caller.
//
// Each is one expression, which only its own index can serve. PostgreSQL keeps a plan that it made while the table was empty,
// when all indexes look equally cheap. With plain conditions on the account and on deleted_at it then chose any of the
// indexes that begin with the account, and read it from end to end. Statements that use a look-up do not repeat these
// conditions, because they would make the other indexes usable again.
import type { RawBuilder } from 'kysely';
import { sql } from '../platform/db/index.ts';

/** SQL: whether a row of posts is not deleted, belongs to the account and has the destination. Index posts_by_destination. */
export function hasDestination(
  post: RawBuilder<unknown>,
  { accountId, destinationKey }: { accountId: string; destinationKey: string | RawBuilder<string> },
): RawBuilder<boolean> {
  const key =
    typeof destinationKey === 'string'
      ? sql`${`${accountId} ${destinationKey}`}`
      : sql`${accountId}::text || ' ' || ${destinationKey}`;
  return sql<boolean>`${inAccount(post, sql`destination_key`)} = ${key}`;
}

/**
 * SQL: whether a row of posts is not deleted, belongs to the account and has the id of the caller. Index
 * posts_by_external_id. For several ids join `unnest` laterally: for a list PostgreSQL may prefer to read the table.
 */
export function hasExternalId(
  post: RawBuilder<unknown>,
  { accountId, externalId }: { accountId: string; externalId: RawBuilder<string> },
): RawBuilder<boolean> {
  return sql<boolean>`${inAccount(post, sql`external_id`)} = ${accountId}::text || ' ' || ${externalId}`;
}

/** SQL: the account of a post and one of its columns as one text; null for a deleted post. As in the indexes. */
function inAccount(post: RawBuilder<unknown>, column: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(case when ${post}.deleted_at is null then ${post}.account_id || ' ' || ${post}.${column} end)`;
}
