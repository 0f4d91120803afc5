// When a lane wakes: the changes by everything except its worker. See lane.ts.

import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql, type Tx } from '../../platform/db/index.ts';
import { lanePollMs, lanesChannel } from './lane.ts';

/** Creates the lane of an account. Without it a worker finds no post of the account. */
export async function openLane(connection: Connection, accountId: string): Promise<void> {
  await connection.insertInto('lanes').values({ account_id: accountId }).execute();
}

/**
 * Makes the account's lane wake for a queued post at `runAt` at the latest, or as soon after as its rest and its
 * pacing allow. Belongs into the transaction that writes the post.
 *
 * The first statement keeps a post from being stranded: a worker that releases the lane locks it FOR UPDATE before it
 * reads the next post. So either it waits for this transaction, and then sees the post; or it has finished, and the
 * second statement sees the wake-up it wrote. A bare conditional update could compare with a wake-up that the worker is
 * just about to remove. KEY SHARE does not stop other writers of posts, who need not wait for each other.
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
 * The second statement of lowerWake, as a part of a larger one; an earlier statement of the transaction must have locked
 * the lane. Does nothing without a time.
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
 * Locks the account's lane until the transaction ends. Workers lock it for each of their writes, so none of
 * them moves a post, or claims a Pin for one, at the same moment. What the caller changes may count for the pacing, which
 * is computed again.
 */
export async function lockLane(tx: Tx, accountId: string): Promise<void> {
  await sql`update lanes set paced_until = null where account_id = ${accountId}`.execute(tx);
}

/** Ends the rest of the account's lane: workers lease it at once. */
export async function wakeLane(connection: Connection, accountId: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({ not_before: null, wake_at: now })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * The account's own pacing has changed: workers compute it again, at once. A rest that Pinterest has asked for
 * stays. Waits for a worker that is just releasing the lane, which has not seen the change.
 */
export async function repaceLane(connection: Connection, accountId: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({
      // A pause stays.
      paced_until: sql<Date | null>`case when paced_until = 'infinity' then paced_until end`,
      wake_at: sql<Date | null>`case when wake_at is not null then least(wake_at, greatest(${now}::timestamptz, not_before)) end`,
    })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * Publishing was paused or resumed: workers lease the lane at once, and compute its wake-up again. A rest that
 * Pinterest has asked for stays. `wasAway`: what fell due long before now has been missed.
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
