// SQL in addition to that of pg-boss.
import { type Connection, sql } from '../db/index.ts';

/** The channel of the notifications about new jobs. The payload is the name of the queue. */
export const jobsChannel = 'pintail_jobs';

/** Notifies workers of a job when the transaction commits. Equal notifications of one transaction are sent once. */
export async function announceJob(connection: Connection, queue: string): Promise<void> {
  await sql`select pg_notify(${jobsChannel}, ${queue})`.execute(connection);
}

/** Returns true if any job is waiting or running. */
export async function hasJobs(connection: Connection): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select 1 from pgboss.job where state < 'completed') as has
  `.execute(connection);
  return rows[0]?.has ?? false;
}
