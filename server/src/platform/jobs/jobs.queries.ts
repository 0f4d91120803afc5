// SQL besides pg-boss's own: the announcement of a job, and whether there is any.
import { type Connection, sql } from '../db/index.ts';

/** The channel on which workers are notified of a job. The payload is the queue's name. */
export const jobsChannel = 'pintail_jobs';

/** Notifies when, and only if, the transaction commits; once for equal announcements of one transaction. */
export async function announceJob(connection: Connection, queue: string): Promise<void> {
  await sql`select pg_notify(${jobsChannel}, ${queue})`.execute(connection);
}

/** Whether any job is waiting or under way. */
export async function hasJobs(connection: Connection): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select 1 from pgboss.job where state < 'completed') as has
  `.execute(connection);
  return rows[0]?.has ?? false;
}
