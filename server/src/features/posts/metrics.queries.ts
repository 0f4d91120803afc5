// SQL of the room's gauges. What it may cost: GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';
import { gaugeCountMax } from '../../platform/metrics.ts';

/** `queued`, `uploading`, `publishing`, `unknown`: what is on its way. Finished posts are never counted. */
export async function countUnfinished(connection: Connection): Promise<Record<string, number>> {
  // What runs (posts_due) is queued or unknown; the few unknown are known from posts_in_flight.
  const { rows } = await sql<{ state: string; count: number }>`
    with in_flight as materialized (
      select state, run_at is not null as runs from posts
      where state in ('uploading', 'publishing', 'unknown') limit ${gaugeCountMax}
    )
    select state, count(*) as count from in_flight group by state
    union all
    select 'queued', greatest(0, (
      select count(*) from (select 1 from posts where run_at is not null limit ${gaugeCountMax}) due
    ) - (select count(*) from in_flight where state = 'unknown' and runs))
  `.execute(connection);
  const none = { queued: 0, uploading: 0, publishing: 0, unknown: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
}

/** Queued posts whose time has passed: a short walk of the index posts_listed for each account. */
export async function countMissed(connection: Connection, before: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select 1 from accounts a cross join lateral (
        select 1 from posts p
        where p.account_id = a.id and p.status = 'queued' and p.listed_at <= ${before} and p.deleted_at is null
        limit 1000
      ) missed limit ${gaugeCountMax}
    ) all_missed
  `.execute(connection);
  return rows[0]?.count ?? 0;
}

/** Posts whose outcome only a person can settle: unknown, and nothing more to look for. */
export async function countUndecided(connection: Connection): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from posts where state = 'unknown' and run_at is null
  `.execute(connection);
  return rows[0]?.count ?? 0;
}

interface BatchCounts {
  /** Entries that no post was made of yet. */
  waiting: number;
  /** When the oldest batch that is not completed came. */
  since: Date | null;
}

/** From indexes of the unfinished alone. */
export async function countBatches(connection: Connection): Promise<BatchCounts> {
  const { rows } = await sql<BatchCounts>`
    select
      (select count(*) from (
        select 1 from batch_entries where status = 'pending' limit ${gaugeCountMax}
      ) entries) as waiting,
      (select min(created_at) from batches where status = 'processing') as since
  `.execute(connection);
  return rows[0] ?? { waiting: 0, since: null };
}
