// Changes of a lane's wake-up that are not made by the worker with the lease. See lane.ts.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql, type Tx } from '../../platform/db/index.ts';
import { lanePollMs, lanesChannel } from './lane.ts';

/** Creates the lane of an account. Workers find no posts of an account without a lane. */
export async function openLane(connection: Connection, accountId: string): Promise<void> {
  await connection.insertInto('lanes').values({ account_id: accountId }).execute();
}

/**
 * Makes the account's lane wake for a queued post at `runAt` at the latest, or as soon afterwards as `not_before` and
 * pacing allow. Call it in the transaction that writes the post.
 *
 * The first statement prevents a stranded post: a worker that releases the lane locks it FOR UPDATE before it reads the
 * next post. Either the worker waits for this transaction, and then sees the post; or it has finished, and the second
 * statement sees the wake-up it wrote. A conditional update without this lock could compare with a wake-up that the
 * worker is about to remove. KEY SHARE does not block other writers of posts, which need not wait for each other.
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
 * The second statement of `lowerWake`, to be part of a larger statement. An earlier statement of the transaction must
 * have locked the lane. Has no effect if `runAt` is null.
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
 * Locks the account's lane until the transaction ends. Workers lock it for each write, so no worker moves a post, or
 * claims a Pin for a post, in the meantime. Also resets the pacing, because the caller's changes may affect it.
 */
export async function lockLane(tx: Tx, accountId: string): Promise<void> {
  await sql`update lanes set paced_until = null where account_id = ${accountId}`.execute(tx);
}

/** Removes `not_before` from the account's lane, so that a worker leases it immediately. */
export async function wakeLane(connection: Connection, accountId: string, now: Date): Promise<void> {
  await connection
    .updateTable('lanes')
    .set({ not_before: null, wake_at: now })
    .where('account_id', '=', accountId)
    .execute();
}

/**
 * Makes a worker compute the account's pacing again, immediately, after its rules changed. `not_before` is unchanged.
 * Waits for a worker that is releasing the lane, because that worker has not seen the change.
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
 * Makes a worker lease the lane immediately and compute its wake-up again, after publishing was paused or resumed.
 * `not_before` is unchanged. With `wasAway`, posts that became due long before `now` count as missed.
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
