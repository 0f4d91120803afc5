// Use cases of media: fetch one from a URL and keep it, find one, and hand its bytes to Pinterest or to a browser.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
import { Outage } from '../../platform/errors.ts';
import { isId, newId } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import { type Outbound, OutboundFailure } from '../../platform/outbound/index.ts';
import { type ByteRange, openTemporaryFolder, type Storage } from '../../platform/storage/index.ts';
import { type Downloaded, download } from './download.ts';
import { createGate } from './gate.ts';
import { MediaProblem, mediaRefused } from './media.errors.ts';
import { addMedia, findMediaBySource, findPublicMedia, listMedia, type MediaRow } from './media.queries.ts';
import { originalFile, thumbnailFile } from './media.view.ts';
import { type DeclaredType, identify } from './media-type.ts';
import { decodeBytesMax, type Picture, preparePicture, readHeader } from './picture.ts';

export interface MediaOptions {
  database: Database;
  clock: Clock;
  storage: Storage;
  outbound: Outbound;
  log: Log;
  /** A folder for files that are not checked yet; made if need be, and swept of what a crash left there. */
  temporaryDir: string;
}

export interface FetchFromUrl {
  organizationId: string;
  url: string;
  declaredType: DeclaredType;
  /** Which field of the request named the URL, for the details of a refusal. `mediaUrl` unless given. */
  path?: string;
  /** Gives up when the caller has gone. */
  signal?: AbortSignal;
}

/** A file that the public may read. */
export interface PublicFile {
  contentType: string;
  bytes: number;
  /** Differs for every content. */
  etag: string;
  open(range?: ByteRange): Promise<Readable>;
}

export interface PictureForPublishing {
  contentType: 'image/jpeg' | 'image/png';
  base64: string;
}

export interface MediaService {
  /**
   * Fetches, checks, converts where needed and keeps what a URL leads to. Bytes that the organization has
   * already give the row it has. After a refusal nothing is left, neither a row nor a file.
   *
   * @throws mediaRefused with the reason in its details; Outage when storage or database are away
   */
  fetchFromUrl(input: FetchFromUrl): Promise<MediaRow>;
  /** Those of an organization, by id. */
  getMany(
    connection: Connection,
    organizationId: string,
    mediaIds: readonly string[],
  ): Promise<Map<string, MediaRow>>;
  /**
   * The picture of a post as Pinterest's `media_source` of type `image_base64` wants it: plain base64, at most 27
   * MB of it. Null when its row or its file is gone.
   *
   * @throws Outage when database or storage are away
   */
  readForPublishing(media: { organizationId: string; mediaId: string }): Promise<PictureForPublishing | null>;
  /** One of the files of a medium by its name in the URL. */
  findPublicFile(mediaId: string, fileName: string): Promise<PublicFile | undefined>;
}

/** With 200 at once, what they have received and not yet written was most of the memory used. */
const receiversMax = 48;
/** Leaves threads of Node's pool for files: decoding holds one of its four for as long as it takes. */
const decodersMax = Math.min(2, availableParallelism());

export async function createMedia(options: MediaOptions): Promise<MediaService> {
  const { clock, storage, outbound, log } = options;
  const { db } = options.database;
  const temporaryFolder = await openTemporaryFolder(options.temporaryDir, clock);
  const receiving = createGate(receiversMax);
  const decoding = createGate(decodersMax, decodeBytesMax);

  return {
    async fetchFromUrl(input) {
      try {
        return await temporaryFolder.withPath((path) => fetchTo(path, input));
      } catch (error) {
        throw toRefusal(error, input, log);
      }
    },

    getMany: listMedia,

    async readForPublishing({ organizationId, mediaId }) {
      const row = (await listMedia(db, organizationId, [mediaId])).get(mediaId);
      const stream = row && (await storage.read(row.storage_key));
      const type = row?.content_type;
      if (!stream || (type !== 'image/jpeg' && type !== 'image/png')) return null;
      return { contentType: type, base64: Buffer.concat(await stream.toArray()).toString('base64') };
    },

    async findPublicFile(mediaId, fileName) {
      const row = isId('med', mediaId) ? await findPublicMedia(db, mediaId) : undefined;
      if (!row) return undefined;
      if (fileName === originalFile(row.content_type)) {
        return publicFile(row.storage_key, row.content_type, row.bytes, row.sha256);
      }
      if (fileName !== thumbnailFile) return undefined;
      const found = await storage.stat(row.thumbnail_key);
      if (!found) throw objectMissing(row.thumbnail_key);
      return publicFile(row.thumbnail_key, 'image/webp', found.bytes, `${row.sha256}-thumbnail`);
    },
  };

  async function fetchTo(path: string, input: FetchFromUrl): Promise<MediaRow> {
    const source = await download({ ...input, outbound, receiving, path });
    const type = await identify(path, input.declaredType);
    const header = await readHeader(path, type);
    return temporaryFolder.withPath(async (converted) => {
      // Looked up once it is this one's turn: of many at once for the same file, one or two are decoded.
      const picture = await decoding.run(
        header.decodeBytes,
        async () => (await findKept(input, source)) ?? preparePicture(path, header, converted),
      );
      if ('id' in picture) return picture;
      const kept = picture.path === path ? source : await digest(picture.path);
      return keep(input, picture, kept, source);
    });
  }

  /**
   * Files first, row last: a row without its files would be worse than the reverse. Should the database fail in
   * between, the files stay: another fetch of the same bytes may be about to use them, and the next one will.
   */
  async function keep(
    { organizationId, url }: FetchFromUrl,
    picture: Picture,
    kept: Downloaded,
    source: Downloaded,
  ): Promise<MediaRow> {
    const name = `${organizationId}/${kept.sha256.slice(0, 2)}/${kept.sha256}`;
    const storageKey = `${name}.${picture.contentType === 'image/png' ? 'png' : 'jpg'}`;
    const thumbnailKey = `${name}.thumbnail.webp`;
    await storage.put(storageKey, { file: picture.path });
    await storage.put(thumbnailKey, Readable.from([picture.thumbnail]));
    return addMedia(db, {
      id: newId('med'),
      organization_id: organizationId,
      sha256: kept.sha256,
      source_sha256: source.sha256,
      source_url: url,
      content_type: picture.contentType,
      bytes: kept.bytes,
      width: picture.width,
      height: picture.height,
      duration_ms: null,
      storage_key: storageKey,
      thumbnail_key: thumbnailKey,
      placeholder: picture.placeholder,
      created_at: clock.now(),
    });
  }

  /** What became of these bytes before. Files that are gone from the storage are made anew. */
  async function findKept(
    { organizationId }: FetchFromUrl,
    source: Downloaded,
  ): Promise<MediaRow | undefined> {
    const row = await findMediaBySource(db, organizationId, source.sha256);
    if (!row) return undefined;
    const files = await Promise.all([storage.stat(row.storage_key), storage.stat(row.thumbnail_key)]);
    return files.every((file) => file !== undefined) ? row : undefined;
  }

  function publicFile(key: string, contentType: string, bytes: number, digest: string): PublicFile {
    return { contentType, bytes, etag: `"${digest}"`, open: (range) => openObject(key, range) };
  }

  async function openObject(key: string, range?: ByteRange): Promise<Readable> {
    const stream = await storage.read(key, range);
    if (!stream) throw objectMissing(key);
    return stream;
  }
}

/** A row promises its files. When they are not there it is the storage that is wrong, perhaps not mounted. */
function objectMissing(key: string): Outage {
  return new Outage('The media storage', new Error(`${key} is not in the storage`));
}

async function digest(path: string): Promise<Downloaded> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** What the caller can act on, said to the caller; and its inner cause to the log, where the operator sees it. */
function toRefusal(error: unknown, { organizationId, path = 'mediaUrl' }: FetchFromUrl, log: Log): unknown {
  const isOutbound = error instanceof OutboundFailure;
  if (!isOutbound && !(error instanceof MediaProblem)) return error;
  const code = isOutbound ? error.reason : error.code;
  log.info({ organizationId, code, err: error }, 'media refused');
  return mediaRefused([{ path, code, message: error.message }]);
}
