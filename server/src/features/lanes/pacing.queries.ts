// An account's own pacing. It is computed from the posts, so it survives restarts, applies to all workers, and follows
// changed rules immediately.
import type { RawBuilder } from 'kysely';
import { isQueued, isSent, mayHavePin } from '../../domain/post-states.queries.ts';
import { addMs } from '../../platform/clock.ts';
import { sql } from '../../platform/db/index.ts';
import { lateAfterMs } from './lane.ts';

/** The daily limit applies to any 24 hours: with calendar days, twice the limit could be published around midnight. */
const windowMs = 24 * 3600 * 1000;

/**
 * The minimum interval between missed posts that are published late. Pinterest temporarily blocks accounts that create
 * many Pins quickly (its help page), and a backlog of one day would be published that quickly.
 */
const catchUpSeconds = 60;

/**
 * Returns SQL for the time until which the account's rules delay its queued posts: null or a past time if they do not,
 * 'infinity' while a pause stops the queue. A post whose answer was lost counts as sent, because its Pin may exist.
 */
export function pacedUntil(accountId: RawBuilder<unknown>, now: Date): RawBuilder<Date | null> {
  return sql<Date | null>`(
    select case
      when a.publishing = 'paused' and a.paused_policy = 'hold' then 'infinity'::timestamptz
      -- Nothing is published, but posts that become due are failed or moved.
      when a.publishing = 'paused' then null
      else greatest(
      case when pace.seconds > 0 then
        (${nthNewest(accountId, sql`1`, now)}) + make_interval(secs => pace.seconds)
      end,
      -- While the limit is reached, the next post can follow 24 hours after the oldest Pin that counts.
      case when a.daily_pin_limit is not null then
        (${nthNewest(accountId, sql`a.daily_pin_limit`, now)}) + interval '24 hours'
      end
    ) end
    from accounts a
    cross join lateral (
      select case when a.missed_policy = 'publish' and (${hasMissed(accountId)})
        then greatest(a.min_interval_seconds, ${catchUpSeconds}) else a.min_interval_seconds
      end as seconds
    ) pace
    where a.id = ${accountId}
  )`;
}

/** SQL: whether the account has missed posts. Reads no posts if it was never away, which is the usual case. */
function hasMissed(accountId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`
    select exists (
      select 1 from lanes l join posts p
        on p.account_id = l.account_id and p.run_at < l.away_until - make_interval(secs => ${lateAfterMs / 1000})
      where l.account_id = ${accountId} and ${isQueued(sql`p`)} and l.away_until is not null
    )
  `;
}

/** SQL for the time at which the nth newest Pin within the window was, or may have been, published. */
function nthNewest(
  accountId: RawBuilder<unknown>,
  n: RawBuilder<unknown>,
  now: Date,
): RawBuilder<Date | null> {
  const since = addMs(now, -windowMs);
  // Each half walks an index, posts_listed backwards and posts_in_flight, and stops early.
  return sql<Date | null>`
    select pins.at from (
      (
        select p.listed_at as at from posts p
        where p.account_id = ${accountId} and ${isSent(sql`p`)} and p.deleted_at is null
          and p.listed_at > ${since}
        order by p.listed_at desc
        limit ${n}
      )
      union all
      (
        select p.attempt_started_at from posts p
        where p.account_id = ${accountId} and ${mayHavePin(sql`p`)}
          and p.attempt_started_at > ${since}
      )
    ) pins
    order by pins.at desc
    offset ${n} - 1
    limit 1
  `;
}
