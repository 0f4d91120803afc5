import { sql } from 'kysely';
import type { Connection } from './open-database.ts';

export interface Ping {
  version: string;
  now: Date;
  /** False for a standby, and for a database that was made read-only. */
  isWritable: boolean;
}

/** Returns the server's version and time, and whether it accepts writes. */
export async function ping(connection: Connection): Promise<Ping> {
  const { rows } = await sql<Ping>`
    select current_setting('server_version') as version, clock_timestamp() as now,
      not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "isWritable"
  `.execute(connection);
  const [row] = rows;
  if (!row) throw new Error('the database returned no row');
  return row;
}
