import { applicationName, type Connection, sql } from '../platform/db/index.ts';

/** Connections of other processes of Pintail to this database. Our own pool must have one connection only. */
export async function countOthers(connection: Connection): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName} and pid <> pg_backend_pid()
  `.execute(connection);
  return rows[0]?.count ?? 0;
}
