import { type Connection, sql } from '../platform/db/index.ts';

/** Any constant that no other lock of this database uses. */
const firstRunLock = 7_218_114;

/** Serializes first runs until the end of the transaction. */
export async function lockFirstRun(connection: Connection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${firstRunLock})`.execute(connection);
}
