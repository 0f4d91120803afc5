import { applicationName, type Connection, sql } from '../../platform/db/index.ts';
import type { AccountRow } from '../accounts/index.ts';

/** Any constant will do, as long as nobody else uses it. */
const firstRunLock = 7_218_114;

/** Held to the end of the transaction. */
export async function lockFirstRun(connection: Connection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${firstRunLock})`.execute(connection);
}

export async function findSimulatorAccount(
  connection: Connection,
  organizationId: string,
  username: string,
): Promise<AccountRow | undefined> {
  return connection
    .selectFrom('accounts')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('environment', '=', 'simulator')
    .where('username', '=', username)
    .executeTakeFirst();
}

export async function ping(connection: Connection): Promise<{ version: string; now: Date }> {
  const { rows } = await sql<{ version: string; now: Date }>`
    select current_setting('server_version') as version, clock_timestamp() as now
  `.execute(connection);
  const [row] = rows;
  if (!row) throw new Error('the database answered nothing');
  return row;
}

/** Connections of other processes of Pintail to this database. Our own pool must have one connection only. */
export async function countOthers(connection: Connection): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = ${applicationName} and pid <> pg_backend_pid()
  `.execute(connection);
  return rows[0]?.count ?? 0;
}
