// Use cases of media: fetch one from a URL and keep it, find one, and hand its bytes to Pinterest or to a browser.
import type { Readable } from 'node:stream';
import { isId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database, Tx } from '../../platform/db/index.ts';
import { Outage } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import { type Outbound, OutboundFailure } from '../../platform/outbound/index.ts';
import { type ByteRange, openTemporaryFolder, type Storage } from '../../platform/storage/index.ts';
import { createGate } from '../../platform/work/gate.ts';
import { download } from './arrive/download.ts';
import { type Arrived, createIngest } from './arrive/ingest.ts';
import type { DeclaredType, WantedType } from './arrive/media-type.ts';
import { type Received, receive } from './arrive/receive.ts';
import { createSweep, type MediaSweep } from './files/sweep.ts';
import { type FindSimilarPost, findSimilarPost, type SimilarPost } from './pictures/similar-post.ts';
import { MediaProblem, mediaRefused, uploadRefused } from './record/media.errors.ts';
import { findMedia, findPublicMedia, holdMedia, listMedia, type MediaRow } from './record/media.queries.ts';
import { originalFile, thumbnailFile } from './record/stored-files.ts';
import { keepInSight, listVisible, type MediaViewer } from './record/visible-media.queries.ts';

export interface MediaOptions {
  database: Database;
  clock: Clock;
  storage: Storage;
  outbound: Outbound;
  log: Log;
  /** A folder for files that are not checked yet; made if need be, and swept of what a crash left there. */
  temporaryDir: string;
  /** How long media are kept that nothing needs. */
  graceMs: number;
}

/** The key that media come from. A restricted one sees from then on what it added. */
export type Sender = Pick<MediaViewer, 'actor' | 'accountIds'>;

export interface FetchFromUrl {
  organizationId: string;
  /** Left out: a key without restriction, or ourselves. */
  sender?: Sender;
  url: string;
  /** `any`: the caller did not have to say. */
  declaredType: DeclaredType | 'any';
  /** Which field of the request named the URL, for the details of a refusal. `mediaUrl` unless given. */
  path?: string;
  /** Gives up when the caller has gone. */
  signal?: AbortSignal;
}

/** What the form of an upload said beside the file. */
export interface Uploaded {
  mediaType?: DeclaredType | undefined;
}

export interface ReceiveUpload {
  organizationId: string;
  sender?: Sender;
  /** Reads the form to its end; `take` is given the file, the result are the fields. */
  read(take: (file: Readable) => Promise<void>): Promise<Uploaded>;
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

export interface VideoForPublishing {
  /** Read to its end, or destroyed by leaving the loop over it. */
  bytes: AsyncIterable<Uint8Array>;
  sizeBytes: number;
  contentType: string;
}

interface MediaOfOrganization {
  organizationId: string;
  mediaId: string;
}

export interface MediaService {
  /**
   * Fetches, checks, converts where needed and keeps what a URL leads to. Bytes that the organization has
   * already give the row it has. After a refusal nothing is left, neither a row nor a file.
   *
   * What it returns is safe from the sweep for a while, but not from its owner's deletion: `hold` it in the
   * transaction that begins to use it.
   *
   * @throws mediaRefused with the reason in its details; Outage when storage or database are away
   */
  fetchFromUrl(input: FetchFromUrl): Promise<MediaRow>;
  /** The same checks, with nothing kept: the row is the one that there would be. */
  lookAtUrl(input: FetchFromUrl): Promise<MediaRow>;
  /**
   * The same for a file that somebody sends.
   *
   * @throws uploadRefused with the reason in its details; what `read` throws; Outage
   */
  receiveUpload(input: ReceiveUpload): Promise<MediaRow>;
  /** Those of an organization, by id; deleted ones too, for posts that are out still show what they say of them. */
  getMany(
    connection: Connection,
    organizationId: string,
    mediaIds: readonly string[],
  ): Promise<Map<string, MediaRow>>;
  /** Undefined also for an id that is none, for one that was deleted, and for one that the viewer does not see. */
  find(connection: Connection, viewer: MediaViewer, mediaId: string): Promise<MediaRow | undefined>;
  /** Several at once, by id. */
  findMany(
    connection: Connection,
    viewer: MediaViewer,
    mediaIds: readonly string[],
  ): Promise<Map<string, MediaRow>>;
  /** Before a post ceases to use these: a restricted key goes on seeing them, so that it can undo its edit. */
  keepInSight(tx: Tx, viewer: MediaViewer, mediaIds: readonly string[]): Promise<void>;
  /**
   * Those that are not deleted, and cannot be until the transaction ends: whoever begins to use media, for a post or
   * a slide, reads them so and writes the use in the same transaction.
   */
  hold(tx: Tx, organizationId: string, mediaIds: readonly string[]): Promise<Map<string, MediaRow>>;
  /** The post of an account that brings the same picture, or one that looks like it, to the same page about then. */
  findSimilarPost(connection: Connection, query: FindSimilarPost): Promise<SimilarPost | null>;
  /**
   * The picture of a post as Pinterest's `media_source` of type `image_base64` wants it: plain base64, at most 27
   * MB of it. Null when its row or its file is gone, or it is a video.
   *
   * @throws Outage when database or storage are away
   */
  readForPublishing(media: MediaOfOrganization): Promise<PictureForPublishing | null>;
  /**
   * A video for the upload to Pinterest, as a stream. Null when its row or its file is gone, or it is a picture.
   *
   * @throws Outage when database or storage are away
   */
  openVideo(media: MediaOfOrganization): Promise<VideoForPublishing | null>;
  /** One of the files of a medium by its name in the URL. */
  findPublicFile(mediaId: string, fileName: string): Promise<PublicFile | undefined>;
  /** One round of removing what nothing needs. */
  sweep: MediaSweep['sweep'];
  removeFiles: MediaSweep['removeFiles'];
}

/** With 200 at once, what they have received and not yet written was most of the memory used. */
const receiversMax = 48;
/** Videos take long, and must not keep pictures waiting. */
const videoReceiversMax = 8;

export async function createMedia(options: MediaOptions): Promise<MediaService> {
  const { clock, storage, outbound, log } = options;
  const { db } = options.database;
  const temporaryFolder = await openTemporaryFolder(options.temporaryDir, clock);
  const receiving = createGate(receiversMax);
  const receivingVideos = createGate(videoReceiversMax);
  const receivingUploads = createGate(receiversMax);
  const { sweep, removeFiles } = createSweep({ ...options, temporaryFolder });
  const ingest = createIngest({ ...options, temporaryFolder, removeFiles });

  const gateFor = (wanted: WantedType) => (wanted === 'image' ? receiving : receivingVideos);

  async function fetchFromUrl(input: FetchFromUrl, how: Pick<Arrived, 'isOnlyLooked'>): Promise<MediaRow> {
    const { organizationId, sender, url, declaredType: wanted, signal } = input;
    try {
      return await temporaryFolder.withPath(async (path) => {
        const received = await download({
          outbound,
          url,
          wanted,
          path,
          clock,
          signal,
          receiving: gateFor(wanted),
        });
        return ingest({
          organizationId,
          restrictedActorId: restrictedActorOf(sender),
          sourceUrl: url,
          wanted,
          path,
          received,
          ...how,
        });
      });
    } catch (error) {
      throw toRefusal(error, input, log);
    }
  }

  return {
    fetchFromUrl: (input) => fetchFromUrl(input, {}),
    lookAtUrl: (input) => fetchFromUrl(input, { isOnlyLooked: true }),

    async receiveUpload({ organizationId, sender, read }) {
      try {
        return await temporaryFolder.withPath(async (path) => {
          const received = Promise.withResolvers<Received>();
          // The fields may come behind the file, so what it must be is known when all of it is there.
          const { mediaType: wanted = 'any' } = await read(async (body) => {
            received.resolve(
              await receive({
                body,
                receiving: receivingUploads,
                wanted: 'any',
                path,
                clock,
                isPaced: true,
              }),
            );
          });
          return ingest({
            organizationId,
            restrictedActorId: restrictedActorOf(sender),
            sourceUrl: null,
            wanted,
            path,
            received: await received.promise,
          });
        });
      } catch (error) {
        throw toUploadRefusal(error, organizationId, log);
      }
    },

    getMany: listMedia,

    async find(connection, viewer, mediaId) {
      const ids = [mediaId].filter((id) => isId('med', id));
      return (await listVisible(connection, viewer, ids)).get(mediaId);
    },

    async findMany(connection, viewer, mediaIds) {
      const ids = mediaIds.filter((id) => isId('med', id));
      return listVisible(connection, viewer, ids);
    },

    keepInSight,

    async hold(tx, organizationId, mediaIds) {
      return holdMedia(
        tx,
        organizationId,
        mediaIds.filter((id) => isId('med', id)),
      );
    },

    findSimilarPost,

    async readForPublishing({ organizationId, mediaId }) {
      const row = await findMedia(db, organizationId, mediaId);
      const type = row?.content_type;
      if (!row || (type !== 'image/jpeg' && type !== 'image/png')) return null;
      const stream = await storage.read(row.storage_key);
      if (!stream) return null;
      return { contentType: type, base64: Buffer.concat(await stream.toArray()).toString('base64') };
    },

    async openVideo({ organizationId, mediaId }) {
      const row = await findMedia(db, organizationId, mediaId);
      if (!row?.content_type.startsWith('video/')) return null;
      const stream = await storage.read(row.storage_key);
      return stream ? { bytes: stream, sizeBytes: row.bytes, contentType: row.content_type } : null;
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

    sweep,
    removeFiles,
  };

  function publicFile(key: string, contentType: string, bytes: number, digest: string): PublicFile {
    return { contentType, bytes, etag: `"${digest}"`, open: (range) => openObject(key, range) };
  }

  async function openObject(key: string, range?: ByteRange): Promise<Readable> {
    const stream = await storage.read(key, range);
    if (!stream) throw objectMissing(key);
    return stream;
  }
}

function restrictedActorOf(sender: Sender | undefined): string | null {
  return sender && sender.accountIds !== null ? sender.actor.id : null;
}

/** A row promises its files. When they are not there it is the storage that is wrong, perhaps not mounted. */
function objectMissing(key: string): Outage {
  return new Outage('The media storage', new Error(`${key} is not in the storage`));
}

function toUploadRefusal(error: unknown, organizationId: string, log: Log): unknown {
  if (!(error instanceof MediaProblem)) return error;
  log.info({ organizationId, code: error.code, err: error }, 'upload refused');
  return uploadRefused([{ path: 'file', code: error.code, message: error.message }]);
}

/** What the caller can act on, said to the caller; and its inner cause to the log, where the operator sees it. */
function toRefusal(error: unknown, { organizationId, path = 'mediaUrl' }: FetchFromUrl, log: Log): unknown {
  const isOutbound = error instanceof OutboundFailure;
  if (!isOutbound && !(error instanceof MediaProblem)) return error;
  const code = isOutbound ? error.reason : error.code;
  log.info({ organizationId, code, err: error }, 'media refused');
  return mediaRefused([{ path, code, message: error.message }]);
}
