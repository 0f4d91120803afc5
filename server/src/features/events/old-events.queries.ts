// Removes old events: a walk along the log, in the order of ids, that visits each event once.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { type Connection, sql } from '../../platform/db/index.ts';

export interface RemovedEvents {
  count: number;
  /** Whether there may be more old events. */
  hasMore: boolean;
}

export interface EventRemoval {
  before: Date;
  now: Date;
  limit: number;
  /** SQL: whether the post with this id has ended, so that its timeline is no longer needed. */
  hasPostEnded(postId: RawBuilder<unknown>): RawBuilder<boolean>;
}

/** An event this far in the future was written with a wrong clock: the walk does not wait for it. */
const clockErrorMs = 24 * 3600 * 1000;

/**
 * Removes events from before a time: visits up to `limit` events, from the position where the last call ended. Does nothing
 * while another process walks.
 *
 * The timeline of a post that has not ended is retained, whatever its age, and the walk does not return to it. When the
 * post is sent or deleted, it gets a later event; when the walk meets that event, it removes the retained ones as well.
 * So the cost depends on the events that become old, not on the size of the log.
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
      -- The order of ids differs a little from that of time: stop at the first event that is not old, to skip none.
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
      -- While a page of these is full, the walk does not move on.
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
