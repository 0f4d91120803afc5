import { sql } from 'kysely';
import type { Database } from './open-database.ts';

/**
 * Updates PostgreSQL's statistics of all tables. PostgreSQL does it automatically only after a while, and until then
 * may scan whole tables for a request. Dumps by older versions of pg_dump, for example, contain no statistics.
 */
export async function gatherStatistics(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // Sampling large tables on a slow disk may exceed the timeout of ordinary statements.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`analyze`.execute(tx);
  });
}
