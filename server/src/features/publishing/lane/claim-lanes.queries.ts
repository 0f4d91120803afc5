// Claims lanes and reads their openings in one statement, which saves a round trip per lane. It is composed from the
// lanes room (`leasing`, `pacedUntil`) and the posts room (`nextDue`).
import { isInFlight } from '../../../domain/post-states.queries.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import { type AccountRow, accountBeside } from '../../accounts/index.ts';
import { type LaneClaim, type LaneLease, leasing, pacedUntil } from '../../lanes/index.ts';
import { type DuePost, nextDue } from '../../posts/index.ts';

/** A lane that was just leased. */
export interface ClaimedLane extends LaneLease {
  /** The account and its first due post; null if they must be read separately. */
  opening: Opening | null;
}

/** An account without a post in flight, and its first due post. */
export interface Opening {
  account: AccountRow;
  /** The first post on which work is due. */
  first: DuePost | undefined;
}

/**
 * Leases up to `limit` lanes that are due, and reads their openings.
 *
 * The opening shows the database as of the start of the statement. It is valid if no other worker leased the lane
 * between then and the lock, which the fence shows, because only the worker with the lease leaves a post in flight or
 * sets `away_until`. Concurrent changes by users are detected by the moves of the post.
 */
export async function claimLanes(connection: Connection, claim: LaneClaim): Promise<ClaimedLane[]> {
  const { now } = claim;
  const { rows } = await sql<Record<string, unknown>>`
    with ${leasing(claim)}
    select
      leased.account_id as "lane.accountId", leased.fence as "lane.fence", leased.away_until as "lane.awayUntil",
      (
        seen.fence = leased.fence - 1 and seen.away_until is not distinct from leased.away_until
        and not exists (select 1 from posts f where f.account_id = leased.account_id and ${isInFlight(sql`f`)})
      ) as "lane.isOpen",
      ${accountBeside}, first.*
    from leased
    -- LIMIT and OFFSET keep the subqueries separate per lane, so that pacing is not computed for each post.
    cross join lateral (select fence, away_until from lanes where account_id = leased.account_id limit 1) seen
    cross join lateral (select * from accounts where id = leased.account_id limit 1) a
    cross join lateral (
      select coalesce(${pacedUntil(sql`leased.account_id`, now)} <= ${now}, true) as lets offset 0
    ) pace
    left join lateral (${nextDue(sql`leased.account_id`, now, sql`pace.lets`)}) first on true
  `.execute(connection);
  return rows.map((row) => {
    const { lane, account, post } = partsOf(row);
    const { isOpen, ...lease } = lane as unknown as LaneLease & { isOpen: boolean };
    const first = post.id === null ? undefined : (post as unknown as DuePost);
    return { ...lease, opening: isOpen ? { account: account as unknown as AccountRow, first } : null };
  });
}

/** Groups the columns of a row by the prefix before the dot in their names. */
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
