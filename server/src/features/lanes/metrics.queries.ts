// SQL of the room's gauges. Its cost is limited: see GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';
import { isImpossible, leaseHasEnded } from '../../platform/work/lease.queries.ts';
import { longestLeaseMs } from '../../platform/work/lease.ts';

interface LaneCounts {
  due: number;
  leased: number;
  resting: number;
  /** Leases that are further ahead than a lease can be. */
  impossible: number;
  /** When the lane that has waited longest became due. */
  dueSince: Date | null;
}

/** Counts lanes by state. Reads one row per account. */
export async function countLanes(connection: Connection, now: Date): Promise<LaneCounts> {
  const isFree = leaseHasEnded(sql`lease_until`, now, longestLeaseMs);
  const { rows } = await sql<LaneCounts>`
    select
      count(*) filter (where wake_at <= ${now} and ${isFree}) as due,
      count(*) filter (where not ${isFree}) as leased,
      count(*) filter (where ${isImpossible(sql`lease_until`, now, longestLeaseMs)}) as impossible,
      count(*) filter (where wake_at is not null and not_before > ${now}) as resting,
      min(wake_at) filter (where wake_at <= ${now} and ${isFree}) as "dueSince"
    from lanes
  `.execute(connection);
  return rows[0] ?? { due: 0, leased: 0, resting: 0, impossible: 0, dueSince: null };
}
