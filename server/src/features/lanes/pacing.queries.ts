// An account's own pacing, computed from its posts, so that it survives restarts, applies to all workers, and follows a
// changed rule at once.
import type { RawBuilder } from 'kysely';
import { isQueued, isSent, mayHavePin } from '../../domain/post-states.queries.ts';
import { addMs } from '../../platform/clock.ts';
import { sql } from '../../platform/db/index.ts';
import { lateAfterMs } from './lane.ts';

/** The daily limit applies to any 24 hours: a calendar day would let through twice as many at midnight. */
const windowMs = 24 * 3600 * 1000;

/**
 * Between missed posts that are published all the same: Pinterest blocks accounts for a while that make many Pins
 * quickly (its help page), and a queue that has piled up for a day would look just like that.
 */
const catchUpSeconds = 60;

/**
 * SQL for the moment until which the account's rules delay its queued posts. Null, or a moment that has passed: they do
 * not. 'infinity' while a pause stops the queue. A post whose answer was lost counts like a sent one, because its Pin may
 * exist.
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

/** Reads no post of an account that was never away, as nearly all are. */
function hasMissed(accountId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`
    select exists (
      select 1 from lanes l join posts p
        on p.account_id = l.account_id and p.run_at < l.away_until - make_interval(secs => ${lateAfterMs / 1000})
      where l.account_id = ${accountId} and ${isQueued(sql`p`)} and l.away_until is not null
    )
  `;
}

/** When the nth newest Pin within the window was published, or may have been. */
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
