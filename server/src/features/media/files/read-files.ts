// The stored files of media: for publishing, and for the public addresses.
import type { Readable } from 'node:stream';
import { isId } from '../../../domain/ids.ts';
import type { Database } from '../../../platform/db/index.ts';
import { Outage } from '../../../platform/errors.ts';
import type { ByteRange, Storage } from '../../../platform/storage/index.ts';
import type { Gate } from '../../../platform/work/gate.ts';
import { findMedia, findPublicMedia } from '../record/media.queries.ts';
import { originalFile, thumbnailFile } from '../record/stored-files.ts';

export interface FileParts {
  database: Database;
  storage: Storage;
}

/** A file that can be read without a key. */
export interface PublicFile {
  contentType: string;
  bytes: number;
  /** Unique for the content. */
  etag: string;
  open(range?: ByteRange): Promise<Readable>;
}

export interface PictureForPublishing {
  contentType: 'image/jpeg' | 'image/png';
  bytes: Uint8Array;
}

export interface VideoForPublishing {
  /** Read it to its end, or leave the loop over it; both close the file. */
  bytes: AsyncIterable<Uint8Array>;
  sizeBytes: number;
  contentType: string;
}

export interface MediaOfOrganization {
  organizationId: string;
  mediaId: string;
}

/**
 * Returns a picture for Pinterest's `media_source` of type `image_base64`, at most 20 MB. Null for a video, and when the row or the file does not exist.
 *
 * @throws Outage when the database or the storage is not available
 */
export async function readForPublishing(
  { database, storage }: FileParts,
  { organizationId, mediaId }: MediaOfOrganization,
): Promise<PictureForPublishing | null> {
  const row = await findMedia(database.db, organizationId, mediaId);
  const type = row?.content_type;
  if (!row || (type !== 'image/jpeg' && type !== 'image/png')) return null;
  const bytes = await storage.readWhole(row.storage_key);
  return bytes ? { contentType: type, bytes } : null;
}

/**
 * Opens a video for the upload to Pinterest. Null for a picture, and when the row or the file does not exist.
 *
 * @throws Outage when the database or the storage is not available
 */
export async function openVideo(
  { database, storage }: FileParts,
  { organizationId, mediaId }: MediaOfOrganization,
): Promise<VideoForPublishing | null> {
  const row = await findMedia(database.db, organizationId, mediaId);
  if (!row?.content_type.startsWith('video/')) return null;
  const stream = await storage.read(row.storage_key);
  return stream ? { bytes: stream, sizeBytes: row.bytes, contentType: row.content_type } : null;
}

/**
 * Opens a file of media by its name in the URL; undefined for an unknown name.
 * @param parts.lookups Limits the look-ups that run at the same time
 */
export async function findPublicFile(
  parts: FileParts & { lookups: Gate },
  mediaId: string,
  fileName: string,
): Promise<PublicFile | undefined> {
  const find = () => findPublicMedia(parts.database.db, mediaId);
  const row = isId('med', mediaId) ? await parts.lookups.run(0, find) : undefined;
  if (!row) return undefined;
  const openAt = (key: string) => (range?: ByteRange) => openObject(parts.storage, key, range);
  if (fileName === originalFile(row.content_type)) {
    const { content_type: contentType, bytes, sha256, storage_key: key } = row;
    return { contentType, bytes, etag: `"${sha256}"`, open: openAt(key) };
  }
  if (fileName !== thumbnailFile) return undefined;
  const key = row.thumbnail_key;
  const stored = await parts.storage.stat(key);
  if (!stored) throw objectMissing(key);
  return {
    contentType: 'image/webp',
    bytes: stored.bytes,
    etag: `"${row.sha256}-thumbnail"`,
    open: openAt(key),
  };
}

async function openObject(storage: Storage, key: string, range?: ByteRange): Promise<Readable> {
  const stream = await storage.read(key, range);
  if (!stream) throw objectMissing(key);
  return stream;
}

/** If the files of a row are missing, something is wrong with the storage: it may not be mounted. */
function objectMissing(key: string): Outage {
  return new Outage('The media storage', new Error(`${key} is not in the storage`));
}
