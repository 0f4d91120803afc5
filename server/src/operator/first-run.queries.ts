import { type Connection, sql } from '../platform/db/index.ts';

/** An arbitrary number that no other advisory lock of this database uses. */
const firstRunLock = 7_218_114;

/** Serializes first runs until the end of the transaction. */
export async function lockFirstRun(connection: Connection): Promise<void> {
  await sql`select pg_advisory_xact_lock(${firstRunLock})`.execute(connection);
}
