import { type Connection, sql } from '../db/index.ts';

/** The channel on which workers hear that there is a job; what is said is the queue's name. */
export const jobsChannel = 'pintail_jobs';

/** Heard when, and only if, the transaction commits. Equal ones of a transaction are told once. */
export async function announceJob(connection: Connection, queue: string): Promise<void> {
  await sql`select pg_notify(${jobsChannel}, ${queue})`.execute(connection);
}

/** Whether any job waits or is under way. */
export async function hasJobs(connection: Connection): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select 1 from pgboss.job where state < 'completed') as has
  `.execute(connection);
  return rows[0]?.has ?? false;
}
