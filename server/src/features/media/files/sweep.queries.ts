// SQL for finding out what nothing needs, and for deleting it without racing those who begin to need it.
import { isSent } from '../../../domain/post-states.queries.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import { lockingFiles, type MediaRow } from '../record/media.queries.ts';
import type { FileOwner } from '../record/stored-files.ts';

/** Locks files against another removal; adding files locks them together with the row. */
export async function lockFiles(tx: Tx, name: string): Promise<void> {
  await lockingFiles(name).execute(tx);
}

/** Those whose time to be looked at has come. Locked: no post begins to use them; another sweep passes them by. */
export async function lockDueMedia(tx: Tx, now: Date, limit: number): Promise<MediaRow[]> {
  return tx
    .selectFrom('media')
    .selectAll()
    .where('check_at', '<=', now)
    .orderBy('check_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** One of an organization's that is not deleted, locked like those. */
export async function lockMedia(tx: Tx, organizationId: string, id: string): Promise<MediaRow | undefined> {
  return tx
    .selectFrom('media')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/** Of these, the ones to which any post refers, in whatever state it is: as its media, its cover, or a slide. */
export async function listReferredMedia(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select m.id from media m
    where m.id = any(${[...ids]}::text[]) and (
      exists (select from posts p where p.media_id = m.id)
      or exists (select from posts p where p.cover_media_id = m.id)
      or exists (
        select from posts p
        where p.carousel is not null and p.carousel @> jsonb_build_array(jsonb_build_object('mediaId', m.id))
      )
    )`.execute(tx);
  return new Set(rows.map(({ id }) => id));
}

export interface UsingPost {
  id: string;
  accountId: string;
  status: string;
}

/**
 * Posts because of which it may not be deleted: those that are not out yet; and for a key restricted to some accounts all
 * posts of others, whose address of the file would be gone. The posts of its own accounts come first.
 */
export async function listHoldingPosts(
  tx: Tx,
  { mediaId, accountIds, limit }: { mediaId: string; accountIds: readonly string[] | null; limit: number },
): Promise<UsingPost[]> {
  const isSeen = sql`coalesce(account_id = any(${accountIds && [...accountIds]}::text[]), true)`;
  const { rows } = await sql<UsingPost>`
    select id, account_id as "accountId", status from posts
    where (
        media_id = ${mediaId} or cover_media_id = ${mediaId}
        or carousel @> jsonb_build_array(jsonb_build_object('mediaId', ${mediaId}::text))
      )
      and deleted_at is null and (not ${isSent(sql`posts`)} or not ${isSeen})
    order by ${isSeen} desc, id limit ${limit}`.execute(tx);
  return rows;
}

/** Some of those that `lockDueMedia` gave, to which no post refers. */
export async function deleteMediaRows(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .deleteFrom('media')
    .where('id', 'in', [...ids])
    .execute();
}

export async function setCheckAt(tx: Tx, ids: readonly string[], checkAt: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('media')
    .set({ check_at: checkAt })
    .where('id', 'in', [...ids])
    .execute();
}

/** Posts that are out still refer to it, so the row stays for now. */
export async function markDeleted(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.updateTable('media').set({ deleted_at: now, check_at: now }).where('id', '=', id).execute();
}

/** Of these, the ones that have a row which is not deleted. */
export async function listKeptFiles(db: Connection, owners: readonly FileOwner[]): Promise<FileOwner[]> {
  if (owners.length === 0) return [];
  const { rows } = await sql<FileOwner>`
    select m.organization_id as "organizationId", m.sha256
    from unnest(
      ${owners.map(({ organizationId }) => organizationId)}::text[],
      ${owners.map(({ sha256 }) => sha256)}::text[]
    ) as file (organization_id, sha256)
    join media m on m.organization_id = file.organization_id and m.sha256 = file.sha256
    where m.deleted_at is null`.execute(db);
  return rows;
}
