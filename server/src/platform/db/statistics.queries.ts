import { sql } from 'kysely';
import type { Database } from './open-database.ts';

/**
 * Has PostgreSQL count what is in its tables, which it does by itself only after a while. Until then it may answer
 * requests by reading whole tables: older versions of pg_dump, for one, leave the counts out.
 */
export async function gatherStatistics(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // Of large tables it reads samples, on a slow disk for longer than other statements may take.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`analyze`.execute(tx);
  });
}
