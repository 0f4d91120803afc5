// From a file that has just arrived to a row and its files in the storage: find out what it is, check it, convert
// what must be, keep what fits.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { newId } from '../../../domain/ids.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Storage, TemporaryFolder } from '../../../platform/storage/index.ts';
import { createGate } from '../../../platform/work/gate.ts';
import type { MediaSweep } from '../files/sweep.ts';
import { decodeBytesMax, preparePicture, readHeader } from '../pictures/picture.ts';
import { addMedia, findMediaBySource, type MediaRow, postponeCheck } from '../record/media.queries.ts';
import { type FileKeys, type FileOwner, keysOf, nameOf } from '../record/stored-files.ts';
import { recordAddition, recordUnrestricted } from '../record/visible-media.queries.ts';
import { inspectVideo, probeBytesMax } from '../videos/video.ts';
import { identify, isVideoType, type WantedType } from './media-type.ts';
import type { Received } from './receive.ts';

export interface IngestParts {
  database: Database;
  clock: Clock;
  storage: Storage;
  temporaryFolder: TemporaryFolder;
  /** How long media are kept that nothing needs. */
  graceMs: number;
  removeFiles: MediaSweep['removeFiles'];
}

export interface Arrived {
  organizationId: string;
  /** The restricted key that sent it; null for one without restriction. */
  restrictedActorId: string | null;
  /** Null: it was uploaded. */
  sourceUrl: string | null;
  wanted: WantedType;
  /** Where the file lies; the caller removes it. */
  path: string;
  received: Received;
  /** Only looked at: neither a row nor a file is made, and the row that comes back is one that would be. */
  isOnlyLooked?: true;
}

/** What is to be kept, and what the row says of it. */
interface Prepared {
  path: string;
  /** The file that arrived was changed where it was. */
  isChanged: boolean;
  contentType: MediaRow['content_type'];
  width: number;
  height: number;
  durationMs: number | null;
  frames: number;
  thumbnail: Buffer;
  placeholder: string;
  perceptualHash: string | null;
}

/**
 * One more than there are processors, for each of them waits now and then. Never all four threads of Node's pool, which
 * files need as well: decoding holds one for as long as it takes.
 */
const decodersMax = Math.min(3, availableParallelism() + 1);
/** A row that was used so recently need not be told again. */
const checkSlackMs = 10 * 60 * 1000;

export type Ingest = (arrived: Arrived) => Promise<MediaRow>;

export function createIngest(parts: IngestParts): Ingest {
  const { database, clock, storage, temporaryFolder, graceMs, removeFiles } = parts;
  const { db } = database;
  const decoding = createGate(decodersMax, decodeBytesMax);

  /** @throws MediaProblem; Outage when storage or database are away */
  return async function ingest(arrived) {
    const { path, wanted, received } = arrived;
    const type = await identify(path, received.type, wanted);
    return temporaryFolder.withPath(async (converted) => {
      const found = isVideoType(type)
        ? await prepare(arrived, probeBytesMax, () => prepareVideo(path, type))
        : await preparePictureOf(arrived, type, converted);
      if (arrived.isOnlyLooked) return 'id' in found ? found : toRow(arrived, found, received);
      const row = 'id' in found ? found : await keep(arrived, found);
      await recordSender(row, arrived);
      return row;
    });
  };

  async function recordSender(row: MediaRow, { restrictedActorId, sourceUrl }: Arrived): Promise<void> {
    if (restrictedActorId !== null) {
      await recordAddition(db, row.id, { actorId: restrictedActorId, sourceUrl, now: clock.now() });
    } else if (!row.added_unrestricted) {
      await recordUnrestricted(db, row.id);
    }
  }

  async function preparePictureOf(arrived: Arrived, type: string, converted: string) {
    const { path, received } = arrived;
    const header = await readHeader(path, type);
    return prepare(arrived, header.decodeBytes, async () => ({
      ...(await preparePicture({ path, bytes: received.bytes }, header, converted, clock)),
      durationMs: null,
      isChanged: false,
    }));
  }

  async function prepareVideo(path: string, type: string): Promise<Prepared> {
    return { ...(await inspectVideo(path, type, clock)), path, frames: 1, perceptualHash: null };
  }

  /** Looked up once it is admitted: of many at once for the same file, one or two are decoded. */
  async function prepare(arrived: Arrived, bytes: number, work: () => Promise<Prepared>) {
    return decoding.run(bytes, async () => (await findKept(arrived)) ?? work());
  }

  /** What became of these bytes before. Files that are gone from the storage are made anew. */
  async function findKept({ organizationId, received }: Arrived): Promise<MediaRow | undefined> {
    const row = await findMediaBySource(db, organizationId, received.sha256);
    if (!row || !(await hasFiles(row))) return undefined;
    const checkAt = addMs(clock.now(), graceMs);
    return addMs(row.check_at, checkSlackMs) >= checkAt ? row : postponeCheck(db, row.id, checkAt);
  }

  /**
   * Files first, row last: a row without its files would be worse than the reverse. Should the database fail in
   * between, the files stay until the sweep finds them.
   */
  async function keep(arrived: Arrived, found: Prepared): Promise<MediaRow> {
    const { received } = arrived;
    const isAsReceived = found.path === arrived.path && !found.isChanged;
    const kept = isAsReceived ? received : await digest(found.path);
    const row = toRow(arrived, found, kept);
    try {
      await putFiles(row, found);
    } catch (error) {
      // A disk that is full must not stay so because of us. What cannot be removed now is left to the sweep.
      await removeFiles(row).catch(() => {});
      throw error;
    }
    return database.transaction(async (tx) => {
      // Who removes files locks them too, and looks for a row first. If they came just before us, what we have put is
      // gone again; after us, they find the row.
      const added = await addMedia(tx, row, nameOf(ownerOfFiles(arrived, kept)));
      if (!(await hasFiles(added))) await putFiles(added, found);
      return added;
    });
  }

  /** Both at once: mostly they wait for the disk. Over when both are, so that what is removed then stays so. */
  async function putFiles(row: FileKeys, found: Prepared): Promise<void> {
    const ends = await Promise.allSettled([
      storage.put(row.storage_key, { file: found.path }),
      storage.put(row.thumbnail_key, { bytes: found.thumbnail }),
    ]);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async function hasFiles(row: FileKeys): Promise<boolean> {
    const files = await Promise.all([storage.stat(row.storage_key), storage.stat(row.thumbnail_key)]);
    return files.every((file) => file !== undefined);
  }

  function toRow(arrived: Arrived, found: Prepared, kept: Kept) {
    const now = clock.now();
    return {
      id: newId('med'),
      organization_id: arrived.organizationId,
      sha256: kept.sha256,
      source_sha256: arrived.received.sha256,
      source_url: arrived.sourceUrl,
      content_type: found.contentType,
      bytes: kept.bytes,
      width: found.width,
      height: found.height,
      duration_ms: found.durationMs,
      ...keysOf(ownerOfFiles(arrived, kept), found.contentType),
      placeholder: found.placeholder,
      perceptual_hash: found.perceptualHash,
      source_frames: found.frames,
      created_at: now,
      check_at: addMs(now, graceMs),
      deleted_at: null,
      added_unrestricted: arrived.restrictedActorId === null,
    };
  }
}

type Kept = Pick<Received, 'bytes' | 'sha256'>;

function ownerOfFiles({ organizationId }: Arrived, { sha256 }: Kept): FileOwner {
  return { organizationId, sha256 };
}

async function digest(path: string): Promise<Kept> {
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
