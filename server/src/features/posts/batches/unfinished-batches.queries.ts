// SQL that limits the batches of an organization.
import { type Connection, sql } from '../../../platform/db/index.ts';

/** Counts the batches of an organization that are not completed, up to `max`. */
export async function countUnfinished(
  connection: Connection,
  organizationId: string,
  max: number,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from batches where organization_id = ${organizationId} and status = 'processing' limit ${max}
    ) unfinished
  `.execute(connection);
  return rows[0]?.count ?? 0;
}
