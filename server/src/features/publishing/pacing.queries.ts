// An account's own pacing, worked out from its posts: so that it holds across restarts and other workers, and
// that a changed rule counts at once.
import type { RawBuilder } from 'kysely';
import { addMs } from '../../platform/clock.ts';
import { sql } from '../../platform/db/index.ts';

/** The limit of a day is one of any 24 hours: a calendar's day would let through twice as many at midnight. */
const windowMs = 24 * 3600 * 1000;

/**
 * Until when the account's rules let no queued post out; null, or a moment that has passed, when they let one.
 * A post whose answer was lost counts like a sent one, because its Pin may exist.
 */
export function pacedUntil(accountId: RawBuilder<unknown>, now: Date): RawBuilder<Date | null> {
  return sql<Date | null>`(
    select greatest(
      case when a.min_interval_seconds > 0 then
        (${nthNewest(accountId, sql`1`, now)}) + make_interval(secs => a.min_interval_seconds)
      end,
      -- The limit is reached when so many are younger than a day; there is room when the oldest of them is not.
      case when a.daily_pin_limit is not null then
        (${nthNewest(accountId, sql`a.daily_pin_limit`, now)}) + interval '24 hours'
      end
    )
    from accounts a where a.id = ${accountId}
  )`;
}

/** When the nth newest Pin within the window went out, or may have. */
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
        where p.account_id = ${accountId} and p.status = 'sent' and p.deleted_at is null
          and p.listed_at > ${since}
        order by p.listed_at desc
        limit ${n}
      )
      union all
      (
        select p.attempt_started_at from posts p
        where p.account_id = ${accountId} and p.state in ('publishing', 'unknown')
          and p.attempt_started_at > ${since}
      )
    ) pins
    order by pins.at desc
    offset ${n} - 1
    limit 1
  `;
}
