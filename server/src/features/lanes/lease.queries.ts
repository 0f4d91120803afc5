// The lease of a lane: claimed, renewed, checked by every write, released; see lane.ts.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { leaseHasEnded, renewedUntil } from '../../platform/work/lease.queries.ts';
import { longestLeaseMs } from '../../platform/work/lease.ts';
import { type LaneFence, lateAfterMs, type NextWork } from './lane.ts';
import { pacedUntil } from './pacing.queries.ts';

export interface LaneClaim {
  owner: string;
  now: Date;
  leaseUntil: Date;
  limit: number;
}

/**
 * Leases up to `limit` due lanes without a lease, or with an expired one. SKIP LOCKED lets several workers claim at
 * once without waiting for each other.
 *
 * Returns two CTEs to put after WITH. The second, `leased`, has the columns account_id, fence and away_until.
 */
export function leasing({ owner, now, leaseUntil, limit }: LaneClaim): RawBuilder<unknown> {
  return sql`
    due as materialized (
      select account_id from lanes
      -- The planner cannot see a time in a subquery, so one plan serves every time: see posts/due.queries.ts.
      where wake_at <= (select ${now}::timestamptz) and ${leaseHasEnded(sql`lease_until`, now, longestLeaseMs)}
      order by wake_at
      limit ${limit}
      for update skip locked
    ),
    leased as (
      update lanes set owner = ${owner}, lease_until = ${leaseUntil}, fence = fence + 1,
        -- The lane was due long ago, so no worker was running.
        away_until = case when wake_at < ${addMs(now, -lateAfterMs)} then ${now} else away_until end
      -- With an array the plan uses the primary key, however many lanes it expects.
      where account_id = any(array(select account_id from due))
      returning account_id, fence, away_until
    )
  `;
}

/**
 * Renews the leases that are still valid under these fences; returns their accounts. Compares the fence, not the owner,
 * because a process that was suspended may have leased the lane again, and its earlier work must not continue. Never
 * shortens a possible lease: of two concurrent renewals the earlier may be written last, and the worker relies on the later.
 */
export async function renewLaneLeases(
  connection: Connection,
  { lanes, leaseUntil }: { lanes: readonly LaneFence[]; leaseUntil: Date },
): Promise<Set<string>> {
  const { rows } = await sql<{ account_id: string }>`
    update lanes set lease_until = ${renewedUntil(sql`lanes.lease_until`, leaseUntil, longestLeaseMs)}
    from unnest(
      ${lanes.map((lane) => lane.accountId)}::text[], ${lanes.map((lane) => lane.fence)}::bigint[]
    ) ours (account_id, fence)
    where lanes.account_id = ours.account_id and lanes.fence = ours.fence and lanes.owner is not null
    returning lanes.account_id
  `.execute(connection);
  return new Set(rows.map((row) => row.account_id));
}

/**
 * SQL that returns a row if this lease is still the lane's last, and locks the lane, so that no worker can claim it
 * before the transaction ends. The guard of every move of a worker.
 */
export function guardingLease({ accountId, fence }: LaneFence): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for no key update`;
}

/** Like `guardingLease`, for a release: also waits for the transactions that are adding posts. */
export function guardingRelease({ accountId, fence }: LaneFence): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for update`;
}

/** The changes that a release makes to a lane. */
export interface LaneRest {
  /** Nothing is done for the account before this time; null leaves the stored time unchanged. */
  notBefore?: Date | null;
  /** No queued post is published before this time; lost Pins are still searched for. */
  queueNotBefore?: Date | null;
  /** The account could not be served. */
  isAway?: boolean;
  now: Date;
}

/**
 * Releases the lane and sets its next wake-up: the second of two statements of one transaction. The first is
 * `guardingRelease`, or a move with it as its guard, which waits for every transaction that is adding a post (see
 * `lowerWake`); only a later statement sees what they wrote. Writes nothing if the lane has been leased again.
 */
export function releasing(
  lane: LaneFence,
  { notBefore = null, queueNotBefore = null, isAway = false, now }: LaneRest,
  nextWork: NextWork,
): RawBuilder<unknown> {
  const accountId = sql`${lane.accountId}`;
  return sql`
    with pace as materialized (
      select greatest(${pacedUntil(accountId, now)}, ${queueNotBefore}::timestamptz) as paced_until
    ),
    work as materialized (
      select paced_until, ${nextWork(accountId, sql`paced_until`)} as next_at from pace
    )
    update lanes set
      owner = null,
      lease_until = null,
      not_before = greatest(not_before, ${notBefore}::timestamptz),
      paced_until = work.paced_until,
      away_until = case when ${isAway} then ${now}::timestamptz else away_until end,
      -- GREATEST ignores nulls, and a lane without work must not wake.
      wake_at = case when work.next_at is not null then
        -- A lane that is still due goes to the end of the queue, behind the lanes that waited in the meantime.
        greatest(work.next_at, not_before, ${notBefore}::timestamptz, ${now}::timestamptz)
      end
    from work
    where account_id = ${lane.accountId} and fence = ${lane.fence}
  `;
}

/** Finds the earliest wake-up among the lanes without a lease. */
export async function findNextWake(connection: Connection, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ wake_at: Date }>`
    select wake_at from lanes
    where wake_at < 'infinity' and ${leaseHasEnded(sql`lease_until`, now, longestLeaseMs)}
    order by wake_at limit 1
  `.execute(connection);
  return rows[0]?.wake_at ?? null;
}

/**
 * Wakes lanes that would wake later than their work is due, as a safety net. Returns their number; a number above 0
 * means a bug.
 */
export async function sweepLanes(connection: Connection, now: Date, nextWork: NextWork): Promise<number> {
  // OFFSET makes the subquery run once, instead of at every use of its result.
  const result = await sql`
    with work as materialized (
      select l.account_id, d.due from lanes l
      cross join lateral (
        select ${nextWork(sql`l.account_id`, sql`l.paced_until`)} as due offset 0
      ) d
      where l.owner is null and d.due is not null
        and (l.wake_at is null or l.wake_at > greatest(d.due, l.not_before, ${now}::timestamptz))
    )
    update lanes set wake_at = greatest(work.due, lanes.not_before)
    from work
    where lanes.account_id = work.account_id and lanes.owner is null
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}
