// SQL that finds and deletes unused media, without a race with transactions that begin to use it.
import { isSent } from '../../../domain/post-states.queries.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import { lockingFiles, type MediaRow } from '../record/media.queries.ts';
import type { FileOwner } from '../record/stored-files.ts';

/** Locks files against another removal and against `addMedia`. */
export async function lockFiles(tx: Tx, name: string): Promise<void> {
  await lockingFiles(name).execute(tx);
}

/** Returns media that is due for a check, locked so that no post begins to use it and other sweeps skip it. */
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

/** Returns media of an organization that is not deleted, locked in the same way. */
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

/** Returns the ids of the media that a post in any state uses as its media, its cover or a slide. */
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
 * Returns the posts that prevent the deletion of media: posts that are not sent, and for a restricted key all posts of
 * other accounts, whose `mediaUrl` would stop working. The posts of the key's own accounts come first.
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

/** Deletes media that `lockDueMedia` returned and that no post uses. */
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

/** Marks media as deleted. The row remains while sent posts refer to it. */
export async function markDeleted(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.updateTable('media').set({ deleted_at: now, check_at: now }).where('id', '=', id).execute();
}

/** Returns the owners that have a row that is not deleted. */
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
