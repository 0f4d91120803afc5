import { sql } from 'kysely';
import type { Connection } from './open-database.ts';

/** Returns the server's version and time. */
export async function ping(connection: Connection): Promise<{ version: string; now: Date }> {
  const { rows } = await sql<{ version: string; now: Date }>`
    select current_setting('server_version') as version, clock_timestamp() as now
  `.execute(connection);
  const [row] = rows;
  if (!row) throw new Error('the database returned no row');
  return row;
}
