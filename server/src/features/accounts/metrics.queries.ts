// SQL of the room's gauges. What it may cost: GaugeReading in platform/metrics.ts.
import { type Connection, sql } from '../../platform/db/index.ts';

/** How many accounts Pinterest lets in, and how many have to be connected again. */
export async function countAccounts(connection: Connection): Promise<{ ok: number; unauthorized: number }> {
  const { rows } = await sql<{ ok: number; unauthorized: number }>`
    select count(*) filter (where token_authorized) as ok,
      count(*) filter (where not token_authorized) as unauthorized
    from accounts
  `.execute(connection);
  return rows[0] ?? { ok: 0, unauthorized: 0 };
}
