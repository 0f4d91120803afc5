// The lease of a lane: claimed, renewed, checked by every write, released; see lane.ts.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { type LaneFence, lateAfterMs, type NextWork } from './lane.ts';
import { pacedUntil } from './pacing.queries.ts';

export interface LaneClaim {
  owner: string;
  now: Date;
  leaseUntil: Date;
  limit: number;
}

/**
 * SQL: leases up to `limit` due lanes without a valid lease. With SKIP LOCKED, concurrent claims do not wait for each
 * other.
 *
 * Two CTEs for a WITH clause. The second, `leased`, has the columns account_id, fence and away_until.
 */
export function leasing({ owner, now, leaseUntil, limit }: LaneClaim): RawBuilder<unknown> {
  return sql`
    due as materialized (
      select account_id from lanes
      -- A moment in a subquery is not known to the planner, so one plan serves every moment: see posts/due.queries.ts.
      where wake_at <= (select ${now}::timestamptz) and (lease_until is null or lease_until <= ${now})
      order by wake_at
      limit ${limit}
      for update skip locked
    ),
    leased as (
      update lanes set owner = ${owner}, lease_until = ${leaseUntil}, fence = fence + 1,
        -- It should have been served long ago, so nobody was there.
        away_until = case when wake_at < ${addMs(now, -lateAfterMs)} then ${now} else away_until end
      -- An array, because it is found by the key however many lanes a plan expects.
      where account_id = any(array(select account_id from due))
      returning account_id, fence, away_until
    )
  `;
}

/**
 * Renews the leases that still have these fences, and returns their accounts. Compares fences and not owners, because a
 * process that was suspended may have leased the lane again, and its earlier work must not continue. Never shortens a
 * lease: of two concurrent renewals the earlier may be executed last, and the worker relies on the later.
 */
export async function renewLaneLeases(
  connection: Connection,
  { lanes, leaseUntil }: { lanes: readonly LaneFence[]; leaseUntil: Date },
): Promise<Set<string>> {
  const { rows } = await sql<{ account_id: string }>`
    update lanes set lease_until = greatest(lease_until, ${leaseUntil}::timestamptz)
    from unnest(
      ${lanes.map((lane) => lane.accountId)}::text[], ${lanes.map((lane) => lane.fence)}::bigint[]
    ) ours (account_id, fence)
    where lanes.account_id = ours.account_id and lanes.fence = ours.fence and lanes.owner is not null
    returning lanes.account_id
  `.execute(connection);
  return new Set(rows.map((row) => row.account_id));
}

/**
 * SQL: returns a row if no other lease has followed, and locks the lane against claims until the transaction ends. The
 * guard of every move of a worker.
 */
export function guardingLease({ accountId, fence }: LaneFence): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for no key update`;
}

/** SQL: the guard of a release, which also waits for the transactions that are adding posts. */
export function guardingRelease({ accountId, fence }: LaneFence): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for update`;
}

/** The delays of a lane after its release. */
export interface LaneRest {
  /** No work of any kind before this; null leaves the value of the lane unchanged. */
  notBefore?: Date | null;
  /** No queued post is published before this; lost Pins are searched for. */
  queueNotBefore?: Date | null;
  /** Whether the account could not be served. */
  isAway?: boolean;
  now: Date;
}

/**
 * Releases the lane and sets its next wake-up. It is the second of two statements of a transaction. The first one is
 * guardingRelease, or a move with that guard, which waits for every transaction that is adding a post (see lowerWake);
 * only a later statement sees what these wrote. Writes nothing if another lease has followed, whose worker releases the
 * lane.
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
      -- GREATEST passes over nulls, and a lane without work must not wake at all.
      wake_at = case when work.next_at is not null then
        -- What is due already goes to the back of the line, behind those who waited meanwhile.
        greatest(work.next_at, not_before, ${notBefore}::timestamptz, ${now}::timestamptz)
      end
    from work
    where account_id = ${lane.accountId} and fence = ${lane.fence}
  `;
}

/** Returns when the next lane without a lease wakes; null if none does. */
export async function findNextWake(connection: Connection, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ wake_at: Date }>`
    select wake_at from lanes
    where wake_at < 'infinity' and (lease_until is null or lease_until <= ${now})
    order by wake_at limit 1
  `.execute(connection);
  return rows[0]?.wake_at ?? null;
}

/**
 * A safety net: wakes lanes that would wake later than their work is due. Returns their number; more than 0 is a bug.
 */
export async function sweepLanes(connection: Connection, now: Date, nextWork: NextWork): Promise<number> {
  // OFFSET prevents PostgreSQL from running the subquery again for each use of its result.
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
