// Which posts of an account are work for a worker, and when: the other half of a lane, which must wake no later than the
// first of them. The lanes' own statements get `earliestWork` passed in, because lanes do not read posts.
import type { RawBuilder } from 'kysely';
import { type Connection, sql } from '../../../platform/db/index.ts';
import type { AccountRow } from '../../accounts/index.ts';
import { pacedUntil } from '../../lanes/index.ts';
import type { PostRow } from './posts.queries.ts';

/**
 * Whether a queued post must wait because it could not be told apart from one whose outcome is unknown: a
 * look on Pinterest would then find two Pins, or take the one for the other. For the posts table as `p`.
 */
export const isHeldBack: RawBuilder<boolean> = sql<boolean>`(
  p.state = 'queued' and coalesce((
    -- Not EXISTS, which a plan for many lanes would answer from every account's lost posts at once. So below. And not
    -- IS NOT NULL, of which the planner believes that it is nearly always so: see earliestWork.
    select true from posts u
    where u.account_id = p.account_id and u.state = 'unknown' and u.match_key = p.match_key
    limit 1
  ), false)
)`;

/**
 * Whether a queued post must wait because its video is not at Pinterest yet. The account's others go on; when the
 * video is there, whoever brought it wakes the lane. For the posts table as `p`.
 */
export const waitsForVideo: RawBuilder<boolean> = sql<boolean>`(
  p.media_type = 'video' and p.state = 'queued' and (
    select true from video_uploads v
    where v.post_id = p.id and v.media_id = p.media_id and v.status = 'ready'
    limit 1
  ) is null
  -- In a pause nothing is uploaded, but what is due is failed or moved.
  and (select true from accounts a where a.id = p.account_id and a.publishing = 'active' limit 1) is not null
)`;

/**
 * The moment at which an account next has work for a worker; null for none.
 * @param queueFrom Queued posts wait until then; searches for lost Pins do not.
 */
export function earliestWork(
  accountId: RawBuilder<unknown>,
  queueFrom: RawBuilder<unknown>,
): RawBuilder<Date | null> {
  // LEAST and GREATEST pass over nulls; without a post there is no row, and so no work.
  return sql<Date | null>`least(
    (
      select nullif(greatest(p.run_at, ${queueFrom}), 'infinity') from posts p
      -- What runs is queued or unknown (constraint at_rest_does_not_run). Asked this way, the planner expects to find
      -- one soon on the walk along posts_due, whether or not its statistics know of the queue. Where it believes that
      -- next to nothing is queued, it reads and sorts the account's whole queue to find the first.
      where p.account_id = ${accountId} and p.run_at is not null and p.state <> 'unknown'
        and not ${isHeldBack} and not ${waitsForVideo}
      order by p.run_at
      limit 1
    ),
    (
      select min(p.run_at) from posts p
      where p.account_id = ${accountId} and p.run_at is not null and p.state = 'unknown'
    ),
    (
      -- Left behind by a worker that could not go on, and recovered by the next one. It has no time of its own.
      select min(p.updated_at) from posts p
      where p.account_id = ${accountId} and p.state in ('uploading', 'publishing')
    )
  )`;
}

/** As literals: of parameters a plan that is kept cannot know that the index posts_in_flight holds them. */
export function isInFlight(post: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${post}.state in ('uploading', 'publishing')`;
}

/** SQL: whether the post with this id was sent or deleted, or does not exist. */
export function hasPostEnded(postId: RawBuilder<unknown>): RawBuilder<boolean> {
  // LIMIT keeps it a look-up in the index, whatever statistics say.
  return sql<boolean>`coalesce((
    select e.state = 'sent' or e.deleted_at is not null from posts e where e.id = ${postId} limit 1
  ), true)`;
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
export function nextDue(
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
