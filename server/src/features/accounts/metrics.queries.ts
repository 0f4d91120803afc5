// Figures for /metrics. Each statement must cost about the same with ten posts stored and with ten million: partial
// indexes of what is unfinished, small tables, and a bound on every count.
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
