// SQL on the table `media`. The columns that describe the files of a row never change.
import type { Insertable, RawBuilder, Selectable } from 'kysely';
import { atOnce, type Connection, type Schema, sql, type Tx } from '../../../platform/db/index.ts';

export type MediaRow = Selectable<Schema['media']>;

/** Finds media of an organization by id, including deleted media, because published posts still show it. */
export async function findMediaRows(
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

/** Media that are not deleted. */
export function kept(connection: Connection) {
  return connection.selectFrom('media').selectAll().where('deleted_at', 'is', null);
}

/** Finds media that is not deleted, for background work. Requests use `listVisible`. */
export async function findMedia(
  db: Connection,
  organizationId: string,
  id: string,
): Promise<MediaRow | undefined> {
  return kept(db).where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
}

/**
 * Finds media that is not deleted, and locks it against deletion until the transaction ends. The lock is the one of a
 * foreign key: any number of transactions can hold it, and only a deletion waits.
 */
export async function holdMedia(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
): Promise<Map<string, MediaRow>> {
  if (ids.length === 0) return new Map();
  const rows = await kept(tx)
    .where('organization_id', '=', organizationId)
    .where('id', 'in', [...new Set(ids)])
    // Always in the same order, so that two transactions that lock several rows do not deadlock.
    .orderBy('id')
    .forKeyShare()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Returns a page of the media that is not deleted, newest first. Ids sort by the time of creation. */
export async function listMediaPage(
  db: Connection,
  organizationId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<MediaRow[]> {
  let query = kept(db).where('organization_id', '=', organizationId).orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.execute();
}

/** Finds media of any organization. For public files: a caller that knows the id may read them. */
export async function findPublicMedia(db: Connection, id: string): Promise<MediaRow | undefined> {
  return kept(db).where('id', '=', id).executeTakeFirst();
}

/** Finds the media of an organization that was created from the same original bytes. */
export async function findMediaBySource(
  db: Connection,
  organizationId: string,
  sourceSha256: string,
): Promise<MediaRow | undefined> {
  return kept(db)
    .where('organization_id', '=', organizationId)
    .where('source_sha256', '=', sourceSha256)
    .orderBy('id')
    .executeTakeFirst();
}

/** Postpones the sweep's check of media that is about to be used. Returns undefined if it was deleted meanwhile. */
export async function postponeCheck(db: Connection, id: string, until: Date): Promise<MediaRow | undefined> {
  return db
    .updateTable('media')
    .set({ check_at: until })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/**
 * SQL: locks the files with this name until the transaction ends. Adding a row and removing files without a row both
 * take the lock, so neither can run between the other's check and its change.
 */
export function lockingFiles(name: string): RawBuilder<unknown> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

/**
 * Adds a row. If the organization already has media with these bytes, returns that row, with the retention of a new
 * one. Locks the files first. The two statements are sent together; the second one sees what was committed while the
 * first one waited.
 *
 * @param files The prefix of the names of its files
 */
export async function addMedia(tx: Tx, row: Insertable<Schema['media']>, files: string): Promise<MediaRow> {
  const adding = tx
    .insertInto('media')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'sha256']).where('deleted_at', 'is', null).doUpdateSet({
        check_at: row.check_at,
        added_unrestricted: sql`media.added_unrestricted or excluded.added_unrestricted`,
      }),
    )
    .returningAll();
  const [locked, added] = await atOnce(tx, [lockingFiles(files).compile(tx), adding.compile()]);
  locked();
  const [kept] = added();
  if (!kept) throw new Error('An insert with `on conflict do update` returns a row.');
  return kept;
}
