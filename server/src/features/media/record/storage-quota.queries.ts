// SQL of the storage that media use.
import { type Connection, sql } from '../../../platform/db/index.ts';

/** The bytes of an organization's media that are not deleted, without thumbnails. Reads only the index `media_listed`. */
export async function sumMediaBytes(connection: Connection, organizationId: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(bytes), 0)::float8 as bytes from media
    where organization_id = ${organizationId} and deleted_at is null
  `.execute(connection);
  return rows[0]?.bytes ?? 0;
}
