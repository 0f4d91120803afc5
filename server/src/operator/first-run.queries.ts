import { type Connection, sql } from '../platform/db/index.ts';

/** Any constant, if it is not used for another lock of this database. */
const firstRunLock = 7_218_114;

/** Held to the end of the transaction. */
export async function lockFirstRun(connection: Connection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${firstRunLock})`.execute(connection);
}
