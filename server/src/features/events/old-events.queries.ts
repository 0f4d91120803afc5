// Removal of old events: a walk along the log in the order of ids that goes over each event once.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql } from '../../platform/db/index.ts';

export interface RemovedEvents {
  count: number;
  /** There may be more that are old. */
  hasMore: boolean;
}

export interface EventRemoval {
  before: Date;
  now: Date;
  limit: number;
  /** SQL: whether the post with this id has ended, so that its timeline is no longer needed. */
  hasPostEnded(postId: RawBuilder<unknown>): RawBuilder<boolean>;
}

/** An event this far in the future is of a clock that was wrong: the walk does not wait for it. */
const clockErrorMs = 24 * 3600 * 1000;

/**
 * Removes events from before a moment: goes over up to `limit`, from where the last call ended. None that another
 * process is going over.
 *
 * The timeline of a post that is not out yet is kept whole, however old, and the walk does not come back to it. A post
 * that was sent or deleted after that has told so in a later event, and when that one is old and the walk meets it, what
 * was kept goes too. So the cost is that of what falls due, whatever else the log holds.
 */
export async function removeOldEvents(
  connection: Connection,
  { before, now, limit, hasPostEnded }: EventRemoval,
): Promise<RemovedEvents> {
  // LIMIT in a lateral join and arrays keep each a look-up in an index, whatever statistics say.
  const { rows } = await sql<RemovedEvents>`
    with place as materialized (
      select passed_id from event_removal for update skip locked
    ), page as materialized (
      select e.* from place cross join lateral (
        select id, post_id, at from events where id > place.passed_id order by id limit ${limit}
      ) e
    ), due as materialized (
      -- Ids are a little out of step with time: up to the first that is not old, or what follows would be left behind.
      select id, post_id, at from page
      where id < coalesce(
        (select min(id) from page where at >= ${before} and at < ${addMs(now, clockErrorMs)}),
        9223372036854775807
      )
    ), finished as materialized (
      select d.post_id from (select distinct post_id from due where post_id is not null) d
      where ${hasPostEnded(sql`d.post_id`)}
    ), kept_until_now as materialized (
      select e.id from finished f cross join lateral (
        select id from events
        where post_id = f.post_id and id <= (select passed_id from place) and at < ${before}
        order by id limit ${limit}
      ) e
      limit ${limit}
    ), ending as materialized (
      -- Where a page of these is full, the walk stays until there are no more.
      select count(*) < ${limit} as goes_on from kept_until_now
    ), removed as (
      delete from events where id = any(array(
        select id from kept_until_now
        union all
        select id from due
        where at < ${before} and (post_id is null or post_id in (select post_id from finished))
          and (select goes_on from ending)
      ))
      returning 1
    ), gone_on as (
      update event_removal set passed_id = (select max(id) from due)
      where (select goes_on from ending) and exists (select 1 from due)
    )
    select (select count(*) from removed)::int as count,
      not goes_on or (select count(*) from due) = ${limit} as "hasMore"
    from ending
  `.execute(connection);
  return rows[0] ?? { count: 0, hasMore: false };
}
