// The posts of an account on which a worker has work, and when: a lane must wake no later than the first of them. The
// statements of the room of lanes get `earliestWork` passed in, because lanes do not read posts.
import type { RawBuilder } from 'kysely';
import {
  isInFlight,
  isQueued,
  isSent,
  isUnknown,
  isUnresolved,
} from '../../../domain/post-states.queries.ts';
import { type Connection, sql } from '../../../platform/db/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { pacedUntil } from '../../lanes/index.ts';
import type { PostRow } from './posts.queries.ts';

/**
 * Whether a queued post must wait for a twin whose outcome is not resolved: the search on Pinterest would find two Pins,
 * or mistake one for the other. For the posts table as `p`.
 */
const isBlockedByTwin: RawBuilder<boolean> = sql<boolean>`(
  ${isQueued(sql`p`)} and coalesce((
    -- Not EXISTS, which a plan for many lanes would answer from every account's lost posts at once. So below. And not
    -- IS NOT NULL, of which the planner believes that it is nearly always so: see earliestWork.
    select true from posts u
    where u.account_id = p.account_id and ${isUnresolved(sql`u`)} and u.match_key = p.match_key
    limit 1
  ), false)
)`;

/**
 * Whether a queued post must wait because its video is not ready at Pinterest. The account's other posts are published;
 * the worker that uploads the video wakes the lane when it is ready. For the posts table as `p`.
 */
const waitsForVideo: RawBuilder<boolean> = sql<boolean>`(
  p.media_type = 'video' and ${isQueued(sql`p`)} and (
    select true from video_uploads v
    where v.post_id = p.id and v.media_id = p.media_id and v.status = 'ready'
    limit 1
  ) is null
  -- In a pause nothing is uploaded, but what is due is failed or moved.
  and (select true from accounts a where a.id = p.account_id and a.publishing = 'active' limit 1) is not null
)`;

/**
 * SQL: the moment at which an account next has work for a worker; null for none.
 * @param queueFrom Queued posts wait until then; searches for lost Pins do not.
 */
export function earliestWork(
  accountId: RawBuilder<unknown>,
  queueFrom: RawBuilder<unknown>,
): RawBuilder<Date | null> {
  // LEAST and GREATEST ignore nulls; without a post there is no row, and so no work.
  return sql<Date | null>`least(
    (
      select nullif(greatest(p.run_at, ${queueFrom}), 'infinity') from posts p
      -- What runs is queued or unknown (constraint at_rest_does_not_run). Asked this way, the planner expects to find
      -- one soon on the walk along posts_due, whether or not its statistics know of the queue. Where it believes that
      -- next to nothing is queued, it reads and sorts the account's whole queue to find the first.
      where p.account_id = ${accountId} and p.run_at is not null and not ${isUnknown(sql`p`)}
        and not ${isBlockedByTwin} and not ${waitsForVideo}
      order by p.run_at
      limit 1
    ),
    (
      select min(p.run_at) from posts p
      where p.account_id = ${accountId} and p.run_at is not null and ${isUnknown(sql`p`)}
    ),
    (
      -- Left by a worker that could not continue, and recovered by the next one. It has no time of its own.
      select min(p.updated_at) from posts p
      where p.account_id = ${accountId} and ${isInFlight(sql`p`)}
    )
  )`;
}

/** SQL: whether the post with this id was sent or deleted, or does not exist. */
export function hasPostEnded(postId: RawBuilder<unknown>): RawBuilder<boolean> {
  // LIMIT makes it read the index, whatever the statistics say.
  return sql<boolean>`coalesce((
    select ${isSent(sql`e`)} or e.deleted_at is not null from posts e where e.id = ${postId} limit 1
  ), true)`;
}

/** A post on which work is due. */
export type DuePost = PostRow & {
  /** Whether it is the only one now. Absent: not read. */
  is_last_due?: boolean;
};

/**
 * Returns the next post of the account on which work is due. Posts that wait for a twin or for their video are skipped,
 * and so are all queued posts while the account's pacing does not allow one, or when the account was paused or resumed
 * since it was read: the caller then has to read it again.
 */
export async function findDuePost(
  connection: Connection,
  account: Pick<AccountRow, 'id' | 'publishing' | 'paused_policy'>,
  now: Date,
  { unknownOnly }: { unknownOnly: boolean },
): Promise<DuePost | undefined> {
  const queueMayGoOn = sql`(
    select coalesce(${pacedUntil(sql`${account.id}`, now)} <= ${now}, true) and exists (
      select 1 from accounts a where a.id = ${account.id}
        and a.publishing = ${account.publishing} and a.paused_policy = ${account.paused_policy}
    )
  )`;
  const mayGoOut = unknownOnly ? sql`false` : queueMayGoOn;
  const { rows } = await nextDue(sql`${account.id}`, now, mayGoOut).execute(connection);
  return rows[0];
}

/** SQL: the next post on which work is due; a queued one only if `mayGoOut`. */
export function nextDue(
  accountId: RawBuilder<unknown>,
  now: Date,
  mayGoOut: RawBuilder<unknown>,
): RawBuilder<DuePost> {
  // LEAD reads one more row, not all: they come from the index posts_due in this order. The moment is in a subquery, where
  // the planner does not see its value: otherwise it plans each moment separately, which takes fifty times as long as
  // the query.
  return sql<DuePost>`
    select p.*, lead(p.id) over (order by p.run_at, p.id) is null as is_last_due from posts p
    where p.account_id = ${accountId} and p.run_at <= (select ${now}::timestamptz)
      and not ${isBlockedByTwin} and not ${waitsForVideo} and (${isUnknown(sql`p`)} or ${mayGoOut})
    order by p.run_at, p.id
    limit 1
  `;
}

/** Lists the posts of a lane that a worker that died may have left. */
export async function listInFlight(connection: Connection, accountId: string): Promise<PostRow[]> {
  return connection
    .selectFrom('posts')
    .selectAll()
    .where('account_id', '=', accountId)
    .where(isInFlight(sql`posts`))
    .execute();
}

/** Lists the account's queue in the order of `send_at`. */
export async function listQueue(connection: Connection, accountId: string): Promise<PostRow[]> {
  return (
    connection
      .selectFrom('posts')
      .selectAll()
      .where('account_id', '=', accountId)
      .where(isQueued(sql`posts`))
      // Deleted posts do not run.
      .where('run_at', 'is not', null)
      .orderBy('send_at')
      .orderBy('id')
      .execute()
  );
}
