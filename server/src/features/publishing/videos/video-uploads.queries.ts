// SQL of video uploads. A row is the upload for one post.
import { awaitsNoPublication, isQueued } from '../../../domain/post-states.queries.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import { leaseHasEnded, renewedUntil } from '../../../platform/work/lease.queries.ts';
import { longestLeaseMs } from '../../../platform/work/lease.ts';
import type { PostRow } from '../../posts/index.ts';

/** Identifies a lease in a write: the upload, and the fence under which it was leased. */
export interface UploadFence {
  postId: string;
  fence: number;
}

/** An upload that this worker has leased. */
export interface VideoUpload extends UploadFence {
  accountId: string;
  organizationId: string;
  mediaId: string;
  status: 'uploading' | 'processing';
  /** Null until Pinterest has the bytes. */
  pinterestMediaId: string | null;
  uploadedAt: Date | null;
  tries: number;
  delays: number;
}

/** Condition on `accounts a`: videos are uploaded only for accounts that can publish. */
const canPublish = sql<boolean>`(a.token_authorized and a.publishing = 'active')`;

/**
 * Creates an upload for each queued video post that is due before `startBefore` and has none. Restarts uploads of a
 * replaced video, or of a video that Pinterest may have removed (uploaded before `freshAfter`); their leases are lost.
 */
export async function beginUploads(
  connection: Connection,
  { now, startBefore, freshAfter, limit }: { now: Date; startBefore: Date; freshAfter: Date; limit: number },
): Promise<void> {
  await sql`
    insert into video_uploads (post_id, account_id, media_id, status, wake_at)
    select p.id, p.account_id, p.media_id, 'uploading', ${now}
    from posts p
    -- LIMIT makes this a read by the key, as does the LIMIT below.
    cross join lateral (select * from accounts where id = p.account_id limit 1) a
    where p.media_type = 'video' and ${isQueued(sql`p`)} and p.run_at <= ${startBefore} and ${canPublish}
      and (
        select true from video_uploads v
        where v.post_id = p.id and v.media_id = p.media_id
          and (v.uploaded_at is null or v.uploaded_at > ${freshAfter})
        limit 1
      ) is null
    order by p.run_at
    limit ${limit}
    on conflict (post_id) do update set
      media_id = excluded.media_id,
      status = excluded.status,
      wake_at = excluded.wake_at,
      pinterest_media_id = null,
      uploaded_at = null,
      tries = 0,
      delays = 0,
      owner = null,
      lease_until = null,
      fence = video_uploads.fence + 1
    -- Another worker may have just started the upload.
    where video_uploads.media_id <> excluded.media_id or video_uploads.uploaded_at <= ${freshAfter}
  `.execute(connection);
}

/**
 * Leases due uploads, the most urgent first. At most `perAccount` uploads of an account are sent at a time, over all
 * workers, so that hanging uploads of one account do not block other accounts.
 */
export async function claimUploads(
  connection: Connection,
  claim: {
    owner: string;
    now: Date;
    leaseUntil: Date;
    uploads: number;
    checks: number;
    perAccount: number;
  },
): Promise<VideoUpload[]> {
  const { now } = claim;
  const hasEnded = leaseHasEnded(sql`v.lease_until`, now, longestLeaseMs);
  const isFree = sql`v.wake_at <= ${now} and ${hasEnded}`;
  const { rows } = await sql<VideoUpload>`
    with busy as (
      select account_id, count(*) as uploads from video_uploads v
      where status = 'uploading' and not ${hasEnded}
      group by account_id
    ),
    candidates as (
      select v.post_id, v.status, p.run_at,
        row_number() over (partition by v.account_id, v.status order by p.run_at, p.id)
          + coalesce(busy.uploads, 0) as place
      from video_uploads v
      -- LIMIT makes these reads by the key, even if statistics show no queued posts.
      cross join lateral (select id, media_id, state, run_at from posts where id = v.post_id limit 1) p
      cross join lateral (select * from accounts where id = v.account_id limit 1) a
      left join busy on busy.account_id = v.account_id
      where ${isFree} and p.media_id = v.media_id and ${isQueued(sql`p`)} and p.run_at is not null and ${canPublish}
    ),
    chosen as (
      (
        select post_id from candidates where status = 'uploading' and place <= ${claim.perAccount}
        order by run_at limit ${claim.uploads}
      )
      union all
      (select post_id from candidates where status = 'processing' order by run_at limit ${claim.checks})
    ),
    locked as (
      select v.post_id from video_uploads v
      where v.post_id = any(array(select post_id from chosen)) and ${isFree}
      for update skip locked
    )
    update video_uploads v set owner = ${claim.owner}, lease_until = ${claim.leaseUntil}, fence = fence + 1
    where v.post_id = any(array(select post_id from locked))
    returning v.post_id as "postId", v.account_id as "accountId",
      (select organization_id from posts p where p.id = v.post_id) as "organizationId",
      v.media_id as "mediaId", v.status, v.pinterest_media_id as "pinterestMediaId",
      v.uploaded_at as "uploadedAt", v.tries, v.delays, v.fence
  `.execute(connection);
  return rows;
}

/** Renews the leases that are still valid under these fences; returns their posts. Never shortens a lease. */
export async function renewUploads(
  connection: Connection,
  { uploads, leaseUntil }: { uploads: readonly UploadFence[]; leaseUntil: Date },
): Promise<Set<string>> {
  const { rows } = await sql<{ post_id: string }>`
    update video_uploads v set lease_until = ${renewedUntil(sql`v.lease_until`, leaseUntil, longestLeaseMs)}
    from unnest(
      ${uploads.map((upload) => upload.postId)}::text[], ${uploads.map((upload) => upload.fence)}::bigint[]
    ) ours (post_id, fence)
    where v.post_id = ours.post_id and v.fence = ours.fence and v.owner is not null
    returning v.post_id
  `.execute(connection);
  return new Set(rows.map((row) => row.post_id));
}

/** Releases all uploads of a process that stops, so that other processes need not wait for its leases to expire. */
export async function releaseAllUploads(connection: Connection, owner: string): Promise<void> {
  await connection
    .updateTable('video_uploads')
    .set({ owner: null, lease_until: null })
    .where('owner', '=', owner)
    .execute();
}

export interface UploadChange {
  status: 'uploading' | 'processing' | 'ready';
  pinterest_media_id?: string | null;
  uploaded_at?: Date | null;
  wake_at: Date | null;
  tries?: number;
  delays: number;
}

/** Releases an upload with its result. Returns false, without a change, if the upload has been leased again. */
export async function releaseUpload(
  connection: Connection,
  upload: VideoUpload,
  change: UploadChange,
): Promise<boolean> {
  const result = await connection
    .updateTable('video_uploads')
    .set({ ...change, owner: null, lease_until: null })
    .where('post_id', '=', upload.postId)
    .where('fence', '=', upload.fence)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Deletes an upload. Returns false, without a change, if the upload has been leased again. */
export async function deleteUpload(connection: Connection, upload: VideoUpload): Promise<boolean> {
  const result = await connection
    .deleteFrom('video_uploads')
    .where('post_id', '=', upload.postId)
    .where('fence', '=', upload.fence)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Finds the post of an upload, if it still waits for that video. */
export async function findWaitingPost(tx: Tx, upload: VideoUpload): Promise<PostRow | undefined> {
  return tx
    .selectFrom('posts')
    .selectAll()
    .where('id', '=', upload.postId)
    .where('media_id', '=', upload.mediaId)
    .where(isQueued(sql`posts`))
    .where('run_at', 'is not', null)
    .executeTakeFirst();
}

/** Finds Pinterest's id of the post's video; null if the video is not ready. */
export async function findReadyVideo(
  connection: Connection,
  post: Pick<PostRow, 'id' | 'media_id'>,
): Promise<string | null> {
  const row = await connection
    .selectFrom('video_uploads')
    .select('pinterest_media_id')
    .where('post_id', '=', post.id)
    .where('media_id', '=', post.media_id)
    .where('status', '=', 'ready')
    .executeTakeFirst();
  return row?.pinterest_media_id ?? null;
}

/** Starts an upload again after Pinterest removed or rejected the video. Returns false after the last try. */
export async function resetUpload(
  connection: Connection,
  postId: string,
  { now, triesMax }: { now: Date; triesMax: number },
): Promise<boolean> {
  const result = await connection
    .updateTable('video_uploads')
    .set((eb) => ({
      status: 'uploading',
      wake_at: now,
      pinterest_media_id: null,
      uploaded_at: null,
      tries: eb('tries', '+', 1),
      delays: 0,
    }))
    .where('post_id', '=', postId)
    .where('status', '=', 'ready')
    .where('tries', '<', triesMax - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Deletes uploads whose post is sent, deleted, unscheduled or failed. Returns their number. */
export async function removeUnusedUploads(connection: Connection): Promise<number> {
  // LIMIT and an array make these reads by the key, even with wrong statistics.
  const result = await sql`
    delete from video_uploads where post_id = any(array(
      select v.post_id from video_uploads v
      cross join lateral (
        select state, deleted_at from posts where id = v.post_id limit 1
      ) p
      where ${awaitsNoPublication(sql`p`)} or p.deleted_at is not null
    ))
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}
