// The lanes in SQL: one row per account says when it has work and who is at it. Workers look only here, so a
// look costs the same with ten posts stored and with ten million.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { type AccountRow, accountBeside } from '../accounts/index.ts';
import { earliestWork, isHeldBack, type PostRow, waitsForVideo } from '../posts/index.ts';
import { lateAfterMs, pacedUntil } from './pacing.queries.ts';

/** A lane that this worker holds. Its fence goes with every write. */
export interface Lane {
  accountId: string;
  fence: number;
  /** Until when the account is known to have been without service; null if it never was. */
  awayUntil: Date | null;
}

/** A lane that was just taken. */
export interface ClaimedLane extends Lane {
  /** What the turn begins with; null where it has to be asked for. */
  opening: Opening | null;
}

/** Of an account with nothing left in flight. */
export interface Opening {
  account: AccountRow;
  /** The first post on which work is due. */
  first: DuePost | undefined;
}

/**
 * Takes up to `limit` lanes that are due and that nobody holds, or whose holder let the lease run out.
 * SKIP LOCKED lets several workers claim at once without waiting for each other.
 *
 * The opening is as the database was when the statement began. That is right where nobody else has held the lane
 * between then and the lock, which its fence tells: nobody but a holder leaves something in flight or sets `away_until`.
 * What users change at the same time, a move of the post finds out.
 */
export async function claimLanes(
  connection: Connection,
  { owner, now, leaseUntil, limit }: { owner: string; now: Date; leaseUntil: Date; limit: number },
): Promise<ClaimedLane[]> {
  const { rows } = await sql<Record<string, unknown>>`
    with due as materialized (
      select account_id from lanes
      -- In a subquery as in nextDue.
      where wake_at <= (select ${now}::timestamptz) and (lease_until is null or lease_until <= ${now})
      order by wake_at
      limit ${limit}
      for update skip locked
    ),
    taken as (
      update lanes set owner = ${owner}, lease_until = ${leaseUntil}, fence = fence + 1,
        -- It should have been served long ago, so nobody was there.
        away_until = case when wake_at < ${addMs(now, -lateAfterMs)} then ${now} else away_until end
      -- An array, because it is looked up by the key however many lanes a plan expects.
      where account_id = any(array(select account_id from due))
      returning account_id, fence, away_until
    )
    select
      taken.account_id as "lane.accountId", taken.fence as "lane.fence", taken.away_until as "lane.awayUntil",
      (
        seen.fence = taken.fence - 1 and seen.away_until is not distinct from taken.away_until
        and not exists (select 1 from posts f where f.account_id = taken.account_id and ${isInFlight(sql`f`)})
      ) as "lane.isOpen",
      ${accountBeside}, first.*
    from taken
    -- LIMIT and OFFSET keep each a look-up for each lane, and the pacing from being worked out for each post.
    cross join lateral (select fence, away_until from lanes where account_id = taken.account_id limit 1) seen
    cross join lateral (select * from accounts where id = taken.account_id limit 1) a
    cross join lateral (
      select coalesce(${pacedUntil(sql`taken.account_id`, now)} <= ${now}, true) as lets offset 0
    ) pace
    left join lateral (${nextDue(sql`taken.account_id`, now, sql`pace.lets`)}) first on true
  `.execute(connection);
  return rows.map((row) => {
    const { lane, account, post } = partsOf(row);
    const { isOpen, ...taken } = lane as unknown as Lane & { isOpen: boolean };
    const first = post.id === null ? undefined : (post as unknown as DuePost);
    return { ...taken, opening: isOpen ? { account: account as unknown as AccountRow, first } : null };
  });
}

/** What a row tells of several things, by what stands before the point in a column's name. */
function partsOf(row: Record<string, unknown>) {
  const parts = { lane: {}, account: {}, post: {} } as Record<
    'lane' | 'account' | 'post',
    Record<string, unknown>
  >;
  for (const [name, value] of Object.entries(row)) {
    const point = name.indexOf('.');
    if (point < 0) parts.post[name] = value;
    else parts[name.slice(0, point) as 'lane' | 'account'][name.slice(point + 1)] = value;
  }
  return parts;
}

/** As literals: of parameters a plan that is kept cannot know that the index posts_in_flight holds them. */
function isInFlight(post: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${post}.state in ('uploading', 'publishing')`;
}

/**
 * Prolongs the leases of the lanes that are still held under these fences; returns their accounts. By fence and not by
 * owner: a process that slept may have taken the lane anew, and what it was about to do before must not go on. Never
 * shortens a lease: of two renewals at once the earlier may come last, and the worker counts on the later.
 */
export async function renewLeases(
  connection: Connection,
  { lanes, leaseUntil }: { lanes: readonly Pick<Lane, 'accountId' | 'fence'>[]; leaseUntil: Date },
): Promise<Set<string>> {
  const { rows } = await sql<{ account_id: string }>`
    update lanes set lease_until = greatest(lease_until, ${leaseUntil}::timestamptz)
    from unnest(
      ${lanes.map((lane) => lane.accountId)}::text[], ${lanes.map((lane) => lane.fence)}::bigint[]
    ) held (account_id, fence)
    where lanes.account_id = held.account_id and lanes.fence = held.fence and lanes.owner is not null
    returning lanes.account_id
  `.execute(connection);
  return new Set(rows.map((row) => row.account_id));
}

/**
 * Yields a row if the lane is still held under this fence; then nobody can take it over before the transaction ends.
 * The guard of every move of a worker.
 */
export function laneIsHeld({ accountId, fence }: Pick<Lane, 'accountId' | 'fence'>): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for no key update`;
}

/** The same for who is about to let go of the lane: it waits for those who add posts, too. */
export function laneIsLeft({ accountId, fence }: Pick<Lane, 'accountId' | 'fence'>): RawBuilder<unknown> {
  return sql`select 1 from lanes where account_id = ${accountId} and fence = ${fence} for update`;
}

/** How a lane is left. */
export interface Rest {
  /** Nothing is done for the account before this; null leaves the lane's own. */
  notBefore: Date | null;
  /** No queued post goes out before this; lost answers are looked for. */
  queueNotBefore?: Date | null;
  /** The account could not be served. */
  isAway?: boolean;
  now: Date;
}

/**
 * Lets go of the lane and sets its next wake-up: the second of two statements of one transaction. The first is
 * laneIsLeft, or a move with it as its guard, which waits for every transaction that is just adding a post (see
 * lowerWake); and only a later statement sees what they wrote. Writes nothing if the lane was taken over: then the new
 * holder lets go of it.
 */
export function releasing(
  lane: Pick<Lane, 'accountId' | 'fence'>,
  { notBefore, queueNotBefore = null, isAway = false, now }: Rest,
): RawBuilder<unknown> {
  const accountId = sql`${lane.accountId}`;
  return sql`
    with pace as materialized (
      select greatest(${pacedUntil(accountId, now)}, ${queueNotBefore}::timestamptz) as paced_until
    ),
    work as materialized (
      select paced_until, ${earliestWork(accountId, sql`paced_until`)} as next_at from pace
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

/** A post on which work is due. */
export type DuePost = PostRow & {
  /** No other was found with it. Left out: not known. */
  is_last_due?: boolean;
};

/**
 * The next post of the account on which work is due. Passed over are posts that must wait for a lost one or for
 * their video, and, while the account's pacing lets none out, all that are queued. So are they once
 * the account was paused or resumed since it was read: then it has to be read again.
 */
export async function findDuePost(
  connection: Connection,
  account: Pick<AccountRow, 'id' | 'publishing' | 'paused_policy'>,
  now: Date,
  { looksOnly }: { looksOnly: boolean },
): Promise<DuePost | undefined> {
  const queueMayGoOn = sql`(
    select coalesce(${pacedUntil(sql`${account.id}`, now)} <= ${now}, true) and exists (
      select 1 from accounts a where a.id = ${account.id}
        and a.publishing = ${account.publishing} and a.paused_policy = ${account.paused_policy}
    )
  )`;
  const mayGoOut = looksOnly ? sql`false` : queueMayGoOn;
  const { rows } = await nextDue(sql`${account.id}`, now, mayGoOut).execute(connection);
  return rows[0];
}

/** The next post on which work is due; a queued one only if `mayGoOut`. */
function nextDue(
  accountId: RawBuilder<unknown>,
  now: Date,
  mayGoOut: RawBuilder<unknown>,
): RawBuilder<DuePost> {
  // LEAD reads one row further, not all: they come from the index posts_due in this order. The moment is asked for in
  // a subquery, in which the planner cannot look at it: otherwise it believes that a plan of its own for each moment
  // is worth it, and planning takes fifty times as long as finding.
  return sql<DuePost>`
    select p.*, lead(p.id) over (order by p.run_at, p.id) is null as is_last_due from posts p
    where p.account_id = ${accountId} and p.run_at <= (select ${now}::timestamptz)
      and not ${isHeldBack} and not ${waitsForVideo} and (p.state = 'unknown' or ${mayGoOut})
    order by p.run_at, p.id
    limit 1
  `;
}

/** What a worker that died may have left behind in a lane. */
export async function listInFlight(connection: Connection, accountId: string): Promise<PostRow[]> {
  return connection
    .selectFrom('posts')
    .selectAll()
    .where('account_id', '=', accountId)
    .where(isInFlight(sql`posts`))
    .execute();
}

/** The account's queue by the user's times, without what waits for a person. */
export async function listQueue(connection: Connection, accountId: string): Promise<PostRow[]> {
  return connection
    .selectFrom('posts')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('state', '=', 'queued')
    .where('run_at', 'is not', null)
    .orderBy('send_at')
    .orderBy('id')
    .execute();
}

/** When the next lane wakes that nobody holds; null for none. */
export async function findNextWake(connection: Connection, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ wake_at: Date }>`
    select wake_at from lanes
    where wake_at < 'infinity' and (lease_until is null or lease_until <= ${now})
    order by wake_at limit 1
  `.execute(connection);
  return rows[0]?.wake_at ?? null;
}

/**
 * The safety net: lanes that would wake later than their work is due. There should be none; returns how many
 * there were.
 */
export async function sweepLanes(connection: Connection, now: Date): Promise<number> {
  // OFFSET keeps the look for work from being repeated wherever its outcome is named.
  const result = await sql`
    with work as materialized (
      select l.account_id, d.due from lanes l
      cross join lateral (
        select ${earliestWork(sql`l.account_id`, sql`l.paced_until`)} as due offset 0
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
