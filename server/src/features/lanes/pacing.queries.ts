// The pacing of an account, computed from its posts, so that it survives restarts, applies to all workers, and follows
// changed settings immediately.
import type { RawBuilder } from 'kysely';
import { isQueued, isSent, mayHavePin } from '../../domain/post-states.queries.ts';
import { addMs } from '../../platform/clock.ts';
import { sql } from '../../platform/db/index.ts';
import { lateAfterMs } from './lane.ts';

/** The daily limit applies to any 24 hours. With calendar days, twice as many could be published around midnight. */
const windowMs = 24 * 3600 * 1000;

/**
 * The minimum interval between missed posts that are published late. Pinterest temporarily blocks accounts that create
 * many Pins quickly (its help page), as an account would that publishes the queue of a whole day.
 */
const catchUpSeconds = 60;

/**
 * SQL: until when the account's settings delay its queued posts. Null or a time in the past: no delay. 'infinity' while
 * a pause stops the queue. A post whose answer was lost counts like a sent one, because its Pin may exist.
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
      -- The limit is reached while its number of Pins are younger than a day; the oldest of them makes room.
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

/** SQL: whether the account has missed posts. Reads no post of an account that was always served, as most are. */
function hasMissed(accountId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`
    select exists (
      select 1 from lanes l join posts p
        on p.account_id = l.account_id and p.run_at < l.away_until - make_interval(secs => ${lateAfterMs / 1000})
      where l.account_id = ${accountId} and ${isQueued(sql`p`)} and l.away_until is not null
    )
  `;
}

/** SQL: when the nth newest Pin within the window was published, or may have been published. */
function nthNewest(
  accountId: RawBuilder<unknown>,
  n: RawBuilder<unknown>,
  now: Date,
): RawBuilder<Date | null> {
  const since = addMs(now, -windowMs);
  // The two halves walk the indexes posts_listed (backwards) and posts_in_flight, and stop early.
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
