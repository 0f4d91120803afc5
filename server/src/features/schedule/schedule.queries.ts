// Reads accounts and posts for the schedule. Nothing here writes a post.
import type { Selectable } from 'kysely';
import { countsForSpacing, isDated, isSent, takesSlot } from '../../domain/post-states.queries.ts';
import { type Connection, type Schema, sql, type Tx } from '../../platform/db/index.ts';
import type { Placed } from './calendar/next-open-slot.ts';

/**
 * Locks the schedule of an account until the transaction ends, so that claims and changes of timeslots wait for each
 * other. Posts can still be inserted, because the lock of their foreign key is compatible. Returns undefined if the
 * account was disconnected.
 */
export async function lockSchedule(
  tx: Tx,
  accountId: string,
): Promise<{ daily_pin_limit: number | null } | undefined> {
  return tx
    .selectFrom('accounts')
    .select('daily_pin_limit')
    .where('id', '=', accountId)
    .where('disconnected_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export interface PlacedFilter {
  accountId: string;
  from: Date;
  until: Date;
  /** Whether sent posts are read. They count for the daily limit only. */
  withSent: boolean;
  exceptPostId: string | null;
}

/**
 * Returns the times of the account's scheduled and sent posts, both ends of the window included. Walks the index
 * posts_listed: listed_at is sent_at of a sent post and send_at of a scheduled one. The times are one text, because
 * thousands of rows would cost more than the rest of a claim.
 */
export async function listPlaced(connection: Connection, filter: PlacedFilter): Promise<Placed> {
  // Costs half as much as extract, which has a precision of microseconds.
  const moment = sql`(date_part('epoch', listed_at) * 1000)::bigint::text`;
  let query = connection
    .selectFrom('posts')
    .select([
      sql<string | null>`string_agg(${moment}, ',') filter (where not ${isSent(sql`posts`)})`.as('taken'),
      sql<string | null>`string_agg(${moment}, ',') filter (where ${isSent(sql`posts`)})`.as('sent'),
    ])
    .where('account_id', '=', filter.accountId)
    .where((filter.withSent ? countsForSpacing : takesSlot)(sql`posts`))
    .where('listed_at', '>=', filter.from)
    .where('listed_at', '<=', filter.until)
    .where('deleted_at', 'is', null);
  if (filter.exceptPostId !== null) query = query.where('id', '<>', filter.exceptPostId);
  const { taken, sent } = await query.executeTakeFirstOrThrow();
  return { held: toNumbers(taken), sent: toNumbers(sent) };
}

function toNumbers(list: string | null): number[] {
  return list === null ? [] : list.split(',').map(Number);
}

export interface DatedPost {
  id: string;
  status: Selectable<Schema['posts']>['status'];
  send_at: Date | null;
  listed_at: Date;
}

/** Returns the account's posts with a time within the window, its end excluded. */
export async function listDatedPosts(
  connection: Connection,
  { accountId, from, to }: { accountId: string; from: Date; to: Date },
): Promise<DatedPost[]> {
  return connection
    .selectFrom('posts')
    .select(['id', 'status', 'send_at', 'listed_at'])
    .where('account_id', '=', accountId)
    .where(isDated(sql`posts`))
    .where('listed_at', '>=', from)
    .where('listed_at', '<', to)
    .where('deleted_at', 'is', null)
    .orderBy('listed_at')
    .orderBy('id')
    .execute();
}
