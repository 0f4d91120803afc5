// SQL on the table of media. What a row says of its files never changes.
import type { Insertable, RawBuilder, Selectable } from 'kysely';
import { atOnce, type Connection, type Schema, sql, type Tx } from '../../../platform/db/index.ts';

export type MediaRow = Selectable<Schema['media']>;

/** Several of one organization, by id; deleted ones too, for posts that are out still show them. */
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

/** One that is not deleted, for work that no caller waits for. What a caller asks for: `listVisible`. */
export async function findMedia(
  db: Connection,
  organizationId: string,
  id: string,
): Promise<MediaRow | undefined> {
  return kept(db).where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
}

/**
 * Those that are not deleted, and cannot be before the transaction ends: the lock is the one that a foreign key
 * takes, so any number may hold the same row, and only who wants to delete it waits.
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
    // Always in the same order: two that hold several must not wait for each other.
    .orderBy('id')
    .forKeyShare()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** One page of those that are not deleted, newest first. Ids sort by the time of their making. */
export async function listMediaPage(
  db: Connection,
  organizationId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<MediaRow[]> {
  let query = kept(db).where('organization_id', '=', organizationId).orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.execute();
}

/** Media of any organization: for public files, where knowing the id is the permission. */
export async function findPublicMedia(db: Connection, id: string): Promise<MediaRow | undefined> {
  return kept(db).where('id', '=', id).executeTakeFirst();
}

/** The media that the organization has for the same original bytes. */
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

/** It is about to be used: nobody needs to look at it before then. Undefined when it was deleted meanwhile. */
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
 * Until the transaction ends nobody else adds or removes files of this name. Adding a row and removing the files of
 * none both need it, so that neither can come between the other's look and deed.
 */
export function lockingFiles(name: string): RawBuilder<unknown> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

/**
 * Adds a row, unless the organization has these bytes already: then gives that row, to be kept as long as a new one.
 * Locks the files first. Both are sent at once: the second sees all that was committed while the first waited.
 *
 * @param files What the names of its files begin with
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
  if (!kept) throw new Error('An insert that updates what is in its way gives a row.');
  return kept;
}
