import { sql } from 'kysely';
import type { Database } from './open-database.ts';

/**
 * Updates PostgreSQL's statistics of all tables, which happens automatically only after a while. Until then it may read
 * whole tables for a request. Dumps of older versions of pg_dump, for example, contain no statistics.
 */
export async function gatherStatistics(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // It reads samples of large tables, on a slow disk for longer than other statements may take.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`analyze`.execute(tx);
  });
}
