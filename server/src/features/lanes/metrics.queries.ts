// SQL of the room's gauges. Its cost is limited: see GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';

interface LaneCounts {
  due: number;
  leased: number;
  resting: number;
  /** When the lane that has waited longest became due. */
  dueSince: Date | null;
}

/** Counts lanes by state. Reads one row per account. */
export async function countLanes(connection: Connection, now: Date): Promise<LaneCounts> {
  const isFree = sql`(lease_until is null or lease_until <= ${now})`;
  const { rows } = await sql<LaneCounts>`
    select
      count(*) filter (where wake_at <= ${now} and ${isFree}) as due,
      count(*) filter (where lease_until > ${now}) as leased,
      count(*) filter (where wake_at is not null and not_before > ${now}) as resting,
      min(wake_at) filter (where wake_at <= ${now} and ${isFree}) as "dueSince"
    from lanes
  `.execute(connection);
  return rows[0] ?? { due: 0, leased: 0, resting: 0, dueSince: null };
}
