// Spacing rules of accounts that the caller may see, and the posts that they compare.

import type { RawBuilder, Selectable } from 'kysely';
import { hasDestination } from '../../domain/post-lookups.queries.ts';
import { countsForSpacing } from '../../domain/post-states.queries.ts';
import { type Connection, type Schema, sql } from '../../platform/db/index.ts';
import { single } from '../../platform/single.ts';

export type SpacingRuleRow = Selectable<Schema['spacing_rules']>;

/** The key of the account's default rule; no URL has this key. */
export const defaultKey = '';

/** Lists the rules: the default first, the others in the order of their URLs. */
export async function listSpacingRuleRows(
  connection: Connection,
  accountId: string,
): Promise<SpacingRuleRow[]> {
  return connection
    .selectFrom('spacing_rules')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('destination_key')
    .execute();
}

/** Finds the rule of a destination, or the default rule if it has none. */
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

export async function putSpacingRuleRow(connection: Connection, row: SpacingRuleRow): Promise<void> {
  const { url, min_days, updated_at } = row;
  await connection
    .insertInto('spacing_rules')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'destination_key']).doUpdateSet({ url, min_days, updated_at }),
    )
    .execute();
}

/** Returns whether the rule existed. */
export async function deleteSpacingRuleRow(
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
    .where(hasDestination(sql`posts`, same))
    .where('listed_at', '>', same.after)
    .where('listed_at', '<', same.before)
    .where(countsForSpacing(sql`posts`));
  return same.exceptPostId === null ? query : query.where('id', '<>', same.exceptPostId);
}

/** Lists the times between two given times at which posts with a destination were or will be published. */
export async function listDestinationTimes(connection: Connection, same: SameDestination): Promise<Date[]> {
  const rows = await postsWithDestination(connection, same).select('listed_at').execute();
  return rows.map((row) => row.listed_at);
}

/** The posts with the same destination around a time that a post is to get. */
export interface SpacingLook {
  /** The nearest of the posts that are closer than the destination's rule allows. */
  conflict: { postId: string; at: Date; minDays: number } | null;
  /** Whether another post of the account has this destination, at any time. */
  isUrlUsed: boolean;
}

/** The time and the destination to check. */
export interface SpacingQuestion {
  accountId: string;
  destinationKey: string;
  at: Date;
  exceptPostId: string | null;
}

/** Reads both in one statement, because each create with a time needs them. */
export async function readSpacing(connection: Connection, question: SpacingQuestion): Promise<SpacingLook> {
  const { rows } = await spacingRow(question).execute(connection);
  return toSpacingLook(single(rows));
}

/** The same for several destinations of an account, in one statement. */
export async function readSpacings(
  connection: Connection,
  accountId: string,
  questions: readonly { destinationKey: string; at: Date }[],
): Promise<SpacingLook[]> {
  if (questions.length === 0) return [];
  const key = sql<string>`q."destinationKey"`;
  const row = spacingRow({ accountId, destinationKey: key, at: sql<Date>`q.at`, exceptPostId: null });
  const { rows } = await sql<SpacingRow<Date>>`
    select look.* from rows from (
      json_to_recordset(${JSON.stringify(questions)}::json) as ("destinationKey" text, at timestamptz)
    ) with ordinality as q ("destinationKey", at, place)
    cross join lateral (${row}) look
    order by q.place
  `.execute(connection);
  return rows.map(toSpacingLook);
}

interface SpacingRow<Moment> {
  postId: string | null;
  at: Moment | null;
  minDays: number | null;
  isUrlUsed: boolean;
}

/** A row as JSON, which has no dates. */
export type SpacingJson = SpacingRow<string>;

/** SQL of the same query, to be part of a larger statement. */
export function spacingAsJson(question: SpacingQuestion): RawBuilder<SpacingJson> {
  return sql`(select to_json(look) from (${spacingRow(question)}) look)`;
}

export function toSpacingLook({ postId, at, minDays, isUrlUsed }: SpacingRow<Date | string>): SpacingLook {
  if (postId === null || at === null || minDays === null) return { conflict: null, isUrlUsed };
  return { conflict: { postId, at: new Date(at), minDays }, isUrlUsed };
}

/** The question as values, or as columns of a statement about several. */
interface SpacingOperands extends Pick<SpacingQuestion, 'accountId' | 'exceptPostId'> {
  destinationKey: string | RawBuilder<string>;
  at: Date | RawBuilder<Date>;
}

/** Walks the index posts_by_destination. */
function spacingRow({
  accountId,
  destinationKey,
  at,
  exceptPostId,
}: SpacingOperands): RawBuilder<SpacingRow<Date>> {
  const sameDestination = sql`
    ${hasDestination(sql`p`, { accountId, destinationKey })}
    and p.id is distinct from ${exceptPostId}
  `;
  return sql`
    select near.id as "postId", near.listed_at as at, rule.min_days as "minDays",
      -- Not EXISTS, which a plan for several destinations would answer by reading the table once.
      (select true from posts p where ${sameDestination} limit 1) is not null as "isUrlUsed"
    from (values (1)) as one
    left join lateral (
      -- Days of 24 hours, whatever the session's time zone.
      select min_days, make_interval(hours => 24 * min_days) as distance from spacing_rules
      where account_id = ${accountId} and destination_key in (${destinationKey}, ${defaultKey})
      -- The empty key sorts before every other one.
      order by destination_key desc
      limit 1
    ) rule on true
    left join lateral (
      select p.id, p.listed_at from posts p
      where ${sameDestination} and ${countsForSpacing(sql`p`)}
        and p.listed_at > ${at}::timestamptz - rule.distance
        and p.listed_at < ${at}::timestamptz + rule.distance
      order by abs(extract(epoch from p.listed_at - ${at}::timestamptz)), p.id
      limit 1
    ) near on true
  `;
}
