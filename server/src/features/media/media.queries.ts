// SQL on the table of media. Rows are written once and never changed.
import type { Insertable, Selectable } from 'kysely';
import type { Connection, Schema } from '../../platform/db/index.ts';

export type MediaRow = Selectable<Schema['media']>;

/** Several of one organization, by id. */
export async function listMedia(
  db: Connection,
  organizationId: string,
  ids: readonly string[],
): Promise<Map<string, MediaRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('media')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Whoever owns it: for the public files, where knowing the id is the permission. */
export async function findPublicMedia(db: Connection, id: string): Promise<MediaRow | undefined> {
  return db.selectFrom('media').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What became of bytes that this organization fetched before. */
export async function findMediaBySource(
  db: Connection,
  organizationId: string,
  sourceSha256: string,
): Promise<MediaRow | undefined> {
  return db
    .selectFrom('media')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('source_sha256', '=', sourceSha256)
    .orderBy('id')
    .executeTakeFirst();
}

/** Adds a row, unless the organization has these bytes already: then gives that row. */
export async function addMedia(db: Connection, row: Insertable<Schema['media']>): Promise<MediaRow> {
  const added = await db
    .insertInto('media')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'sha256']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (added) return added;
  return db
    .selectFrom('media')
    .selectAll()
    .where('organization_id', '=', row.organization_id)
    .where('sha256', '=', row.sha256)
    .executeTakeFirstOrThrow();
}
