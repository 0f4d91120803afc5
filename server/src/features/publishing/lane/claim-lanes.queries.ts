// Claims lanes, and reads in the same statement what serving them begins with. Composed of two rooms: which lanes are
// due, and their leases, are of the room of lanes (`leasing`, `pacedUntil`); which post is due is of the room of posts
// (`nextDue`). Two statements would cost each lane one more round trip.
import { isInFlight } from '../../../domain/post-states.queries.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import { type AccountRow, accountBeside } from '../../accounts/index.ts';
import { type LaneClaim, type LaneLease, leasing, pacedUntil } from '../../lanes/index.ts';
import { type DuePost, nextDue } from '../../posts/index.ts';

/** A lane that was just leased. */
export interface ClaimedLane extends LaneLease {
  /** The account and its first due post; null if they have to be read. */
  opening: Opening | null;
}

/** Of an account with nothing left in flight. */
export interface Opening {
  account: AccountRow;
  /** The first post on which work is due. */
  first: DuePost | undefined;
}

/**
 * Leases up to `limit` lanes that are due, and reads their openings.
 *
 * The opening is as the database was when the statement began. That is right where nobody else has leased the lane
 * between then and the lock, which its fence tells: only the worker with the lease leaves a post in flight or sets
 * `away_until`. What users change at the same time, a move of the post finds out.
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
    -- LIMIT and OFFSET keep each a subquery for each lane, and the pacing from being computed for each post.
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

/** The columns of a row by their subject, which stands before the point in a column's name. */
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
