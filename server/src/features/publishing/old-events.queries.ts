import { type Connection, sql } from '../../platform/db/index.ts';

/**
 * Removes events from before a moment; some at a time, so that no statement takes long. The timeline of a post
 * that is not out yet is kept whole, however old.
 */
export async function removeOldEvents(
  connection: Connection,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const result = await sql`
    delete from events where id in (
      select e.id from events e
      where e.at < ${before} and not exists (
        select 1 from posts p
        where p.id = e.post_id and p.state <> 'sent' and p.deleted_at is null
      )
      limit ${limit}
    )
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}
