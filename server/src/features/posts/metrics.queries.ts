// SQL of the room's gauges. What it may cost: GaugeReading in platform/metrics.ts.
import {
  isHeld,
  isInFlight,
  isShownAsQueued,
  isUnknown,
  mayHavePin,
} from '../../domain/post-states.queries.ts';
import type { HeldReason } from '../../domain/post-states.ts';
import { type Connection, sql } from '../../platform/db/index.ts';
import { gaugeCountMax } from '../../platform/metrics.ts';

export interface UnfinishedCounts {
  queued: number;
  publishing: number;
  unknown: number;
}

/** Counts posts that are to be published automatically, by state. Finished posts are never counted. */
export async function countUnfinished(connection: Connection): Promise<UnfinishedCounts> {
  // Posts that run (posts_due) are queued or unknown; the few unknown ones are counted in posts_in_flight.
  const { rows } = await sql<UnfinishedCounts>`
    with in_flight as materialized (
      select p.* from posts p where ${mayHavePin(sql`p`)} limit ${gaugeCountMax}
    ), counts as materialized (
      select
        count(*) filter (where ${isInFlight(sql`i`)}) as publishing,
        count(*) filter (where ${isUnknown(sql`i`)}) as unknown
      from in_flight i
    )
    select publishing, unknown, greatest(0, (
      select count(*) from (select 1 from posts where run_at is not null limit ${gaugeCountMax}) due
    ) - unknown) as queued
    from counts
  `.execute(connection);
  return rows[0] ?? { queued: 0, publishing: 0, unknown: 0 };
}

/** Counts queued and held posts whose time has passed: a short walk of the index posts_listed for each account. */
export async function countMissed(connection: Connection, before: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select 1 from accounts a cross join lateral (
        select 1 from posts p
        where p.account_id = a.id and ${isShownAsQueued(sql`p`)} and p.listed_at <= ${before} and p.deleted_at is null
        limit 1000
      ) missed limit ${gaugeCountMax}
    ) all_missed
  `.execute(connection);
  return rows[0]?.count ?? 0;
}

/** Counts posts about which a person has to decide, by the reason. Reads the index posts_held alone. */
export async function countHeld(connection: Connection): Promise<Record<HeldReason, number>> {
  const { rows } = await sql<{ reason: HeldReason; count: number }>`
    select held_for as reason, count(*) as count from (
      select held_for from posts p where ${isHeld(sql`p`)} and p.deleted_at is null limit ${gaugeCountMax}
    ) held group by held_for
  `.execute(connection);
  const counts = Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
  return { missed: 0, lost_answer: 0, ...counts };
}

interface BatchCounts {
  /** Entries that are not processed. */
  pending: number;
  /** When the oldest batch that is not completed was created. */
  since: Date | null;
}

/** Counts unfinished batches, from partial indexes. */
export async function countBatches(connection: Connection): Promise<BatchCounts> {
  const { rows } = await sql<BatchCounts>`
    select
      (select count(*) from (
        select 1 from batch_entries where status = 'pending' limit ${gaugeCountMax}
      ) entries) as pending,
      (select min(created_at) from batches where status = 'processing') as since
  `.execute(connection);
  return rows[0] ?? { pending: 0, since: null };
}
