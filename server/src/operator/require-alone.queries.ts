import { applicationName, type Connection, sql } from '../platform/db/index.ts';

/** Counts the connections of other Pintail processes to this database. The own pool must have a single connection. */
export async function countOthers(connection: Connection): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName} and pid <> pg_backend_pid()
  `.execute(connection);
  return rows[0]?.count ?? 0;
}
