// SQL of the room's gauges. GaugeReading in platform/metrics.ts limits their cost.
import { type Connection, sql } from '../../platform/db/index.ts';

/** The number of accounts with a valid token, and of accounts that must be connected again. */
export async function countAccounts(connection: Connection): Promise<{ ok: number; unauthorized: number }> {
  const { rows } = await sql<{ ok: number; unauthorized: number }>`
    select count(*) filter (where token_authorized) as ok,
      count(*) filter (where not token_authorized) as unauthorized
    from accounts
  `.execute(connection);
  return rows[0] ?? { ok: 0, unauthorized: 0 };
}
