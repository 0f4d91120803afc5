// How a post makes itself known to the workers: the account's lane must wake no later than the post.
import { type RawBuilder, sql } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import type { Connection, Tx } from '../../platform/db/index.ts';

/** The channel on which workers hear that a lane wakes soon. */
export const lanesChannel = 'pintail_lanes';

/** Workers look at the lanes at least this often, so only what is due sooner needs to be announced. */
export const lookEveryMs = 2_000;

/**
 * Makes the account's lane wake for a queued post at `runAt` at the latest, or as soon after as its rest and its
 * pacing allow. Belongs into the transaction that writes the post.
 *
 * The first statement is what keeps a post from being stranded: a worker that lets go of the lane locks it
 * FOR UPDATE before it looks for the next post. So either it waits for this transaction, and then sees the
 * post; or it has finished, and the second statement sees the wake-up it wrote. A bare conditional update
 * could compare with a wake-up that the worker is just about to remove. KEY SHARE does not stop other
 * writers of posts, who need not wait for each other.
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
 * The second statement of lowerWake, as a part of a larger one: for who holds the lane since an earlier statement.
 * Does nothing without a time.
 */
export function lowering(accountId: string, runAt: Date | null, now: Date): RawBuilder<unknown> {
  return sql`
    update lanes set wake_at = greatest(${runAt}::timestamptz, not_before, paced_until)
    where account_id = ${accountId} and ${runAt}::timestamptz is not null
      and (wake_at is null or wake_at > greatest(${runAt}::timestamptz, not_before, paced_until))
      -- A pause holds the queue: resuming wakes the lane.
      and paced_until is distinct from 'infinity'
    returning case when wake_at <= ${addMs(now, lookEveryMs)} then pg_notify(${lanesChannel}, '') end
  `;
}

/** What new posts stand on. */
export interface Ground {
  organizationId: string;
  accountId: string;
  mediaIds: readonly string[];
}

/** What is there of it. */
export interface Held {
  isConnected: boolean;
  mediaIds: string[];
}

/**
 * Finds out whether the account is connected and the media are there, makes both stay so until the transaction ends, and
 * holds the lane as lowerWake does. A statement of its own before the one that writes: see there. KEY SHARE is what a
 * foreign key takes: only who disconnects, deletes or lets go of the lane waits. The account comes first, as with
 * everybody who locks it and something else; media in the order of their ids.
 */
export function holdingGround({ organizationId, accountId, mediaIds }: Ground): RawBuilder<Held> {
  return sql`
    with account as materialized (
      select id, organization_id from accounts
      where id = ${accountId} and organization_id = ${organizationId} and disconnected_at is null
      for key share
    ),
    lane as materialized (
      select account_id from lanes where account_id = (select id from account) for key share
    ),
    held as materialized (
      select id from media
      where id = any(${[...mediaIds]}::text[]) and organization_id = (select organization_id from account)
        and deleted_at is null
      order by id
      for key share
    )
    select exists (select 1 from lane) as "isConnected", array(select id from held) as "mediaIds"
  `;
}

/**
 * Locks the account's lane until the transaction ends. Workers lock it for each of their writes, so none of
 * them settles a post, or takes a Pin for one, at the same moment. What the post means for the pacing is worked
 * out anew.
 */
export async function lockLane(tx: Tx, accountId: string): Promise<void> {
  await sql`update lanes set paced_until = null where account_id = ${accountId}`.execute(tx);
}

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
 * @param pacedUntil Queued posts wait until then; looks for a lost answer do not. Left out: nothing waits.
 */
export function earliestWork(
  accountId: RawBuilder<unknown>,
  pacedUntil: RawBuilder<unknown> = sql`null::timestamptz`,
): RawBuilder<Date | null> {
  // LEAST and GREATEST pass over nulls; without a post there is no row, and so no work.
  return sql<Date | null>`least(
    (
      select nullif(greatest(p.run_at, ${pacedUntil}), 'infinity') from posts p
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
