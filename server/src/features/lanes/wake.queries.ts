// When a lane wakes: the changes by everything except its worker. See lane.ts.

import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql, type Tx } from '../../platform/db/index.ts';
import { lanePollMs, lanesChannel } from './lane.ts';

/** Creates the lane of an account. Without a lane, workers find no post of the account. */
export async function openLane(connection: Connection, accountId: string): Promise<void> {
  await connection.insertInto('lanes').values({ account_id: accountId }).execute();
}

/**
 * Makes the account's lane wake for a queued post at `runAt`, or as soon afterwards as its rest and its pacing allow.
 * Call it in the transaction that writes the post.
 *
 * The first statement prevents that a post is stranded: a worker that releases the lane locks it FOR UPDATE before it
 * reads the next post. So either the worker waits for this transaction, and then sees the post; or it has finished, and
 * the second statement sees its wake-up. A conditional update alone could compare with a wake-up that the worker is
 * about to remove. KEY SHARE does not block other transactions that write posts.
 */
export async function lowerWake(
  connection: Connection,
  accountId: string,
  runAt: Date,
  now: Date,
): Promise<void> {
  await sql`select 1 from lanes where account_id = ${accountId} for key share`.execute(connection);
  await lowering(accountId, runAt, now).execute(connection);
}

/**
 * SQL: the second statement of lowerWake, for a larger statement. An earlier statement of the transaction must have
 * locked the lane. Does nothing without a time.
 */
export function lowering(accountId: string, runAt: Date | null, now: Date): RawBuilder<unknown> {
  return sql`
    update lanes set wake_at = greatest(${runAt}::timestamptz, not_before, paced_until)
    where account_id = ${accountId} and ${runAt}::timestamptz is not null
      and (wake_at is null or wake_at > greatest(${runAt}::timestamptz, not_before, paced_until))
      -- The queue is paused: resuming wakes the lane.
      and paced_until is distinct from 'infinity'
    returning case when wake_at <= ${addMs(now, lanePollMs)} then pg_notify(${lanesChannel}, '') end
  `;
}

/**
 * Locks the account's lane until the transaction ends, so that no worker moves a post or records a Pin at the same
 * time: workers lock the lane for each of their writes. The pacing is computed again, because the caller's change may
 * affect it.
 */
export async function lockLane(tx: Tx, accountId: string): Promise<void> {
  await sql`update lanes set paced_until = null where account_id = ${accountId}`.execute(tx);
}

/** Ends the rest of the account's lane, so that a worker leases it immediately. */
export async function wakeLane(connection: Connection, accountId: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({ not_before: null, wake_at: now })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * Makes a worker compute the account's pacing again, after a change of its settings. A rest that Pinterest asked for
 * remains. Waits for a worker that is releasing the lane, because it has not seen the change.
 */
export async function repaceLane(connection: Connection, accountId: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({
      // A pause remains.
      paced_until: sql<Date | null>`case when paced_until = 'infinity' then paced_until end`,
      wake_at: sql<Date | null>`case when wake_at is not null then least(wake_at, greatest(${now}::timestamptz, not_before)) end`,
    })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * Makes a worker lease the lane and compute its wake-up again, after publishing was paused or resumed. A rest that
 * Pinterest asked for remains. `wasAway`: posts that became due long before now were missed.
 */
export async function resetQueue(
  connection: Connection,
  accountId: string,
  now: Date,
  { wasAway }: { wasAway: boolean },
): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({
      paced_until: null,
      wake_at: sql<Date>`greatest(${now}::timestamptz, not_before)`,
      ...(wasAway && { away_until: now }),
    })
    .where('account_id', '=', accountId)
    .execute();
}
