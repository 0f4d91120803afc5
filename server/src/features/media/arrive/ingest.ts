// Turns a received file into a row and its stored files: detects its type, checks it, and converts it if necessary.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { newId } from '../../../domain/ids.ts';
import { addMs, type Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import type { Storage, TemporaryFolder } from '../../../platform/storage/index.ts';
import { createFairGate, type FairGate } from '../../../platform/work/fair-gate.ts';
import type { MediaSweep } from '../files/sweep.ts';
import { decodeBytesMax, preparePicture, readHeader } from '../pictures/picture.ts';
import { addMedia, findMediaBySource, type MediaRow, postponeCheck } from '../record/media.queries.ts';
import type { StorageQuota } from '../record/storage-quota.ts';
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
  /** The retention of media that no post uses. */
  graceMs: number;
  removeFiles: MediaSweep['removeFiles'];
  quota: StorageQuota;
  /** Limits the decoding that runs at the same time. Organizations share it. */
  decoding: FairGate;
}

export interface Arrived {
  organizationId: string;
  /** The restricted key that sent the file; null for a key without restriction. */
  restrictedActorId: string | null;
  /** Null for an upload. */
  sourceUrl: string | null;
  wanted: WantedType;
  /** The path of the file; the caller removes it. */
  path: string;
  received: Received;
  /** A dry run creates neither a row nor a file, and returns the row that would be created. */
  isOnlyLooked?: true;
}

/** The file to store, and the columns of its row. */
interface Prepared {
  path: string;
  /** Whether the received file was changed in place. */
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
 * One more than the number of processors, because each decoder sometimes waits. At most three of the four threads of
 * Node's pool, because file access needs the pool too and decoding occupies a thread until it ends.
 */
const decodersMax = Math.min(3, availableParallelism() + 1);
/** A check that was postponed less than this ago is not postponed again. */
const checkSlackMs = 10 * 60 * 1000;

/** The limit of a process for decoding pictures and reading videos. */
export function createDecodingGate(): FairGate {
  return createFairGate(decodersMax, decodeBytesMax);
}

/** @throws MediaProblem; Outage when storage or database are not available */
export async function ingest(parts: IngestParts, arrived: Arrived): Promise<MediaRow> {
  const { path, wanted, received } = arrived;
  const type = await identify(path, received.type, wanted);
  return parts.temporaryFolder.withPath(async (converted) => {
    const prepared = isVideoType(type)
      ? await prepare(parts, arrived, probeBytesMax, () => prepareVideo(parts, path, type))
      : await prepareArrivedPicture(parts, arrived, type, converted);
    if (arrived.isOnlyLooked) return 'id' in prepared ? prepared : toRow(parts, arrived, prepared, received);
    const row = 'id' in prepared ? prepared : await keep(parts, arrived, prepared);
    await recordSender(parts, row, arrived);
    return row;
  });
}

async function recordSender(
  { database: { db }, clock }: IngestParts,
  row: MediaRow,
  { restrictedActorId, sourceUrl }: Arrived,
): Promise<void> {
  if (restrictedActorId !== null) {
    await recordAddition(db, row.id, { actorId: restrictedActorId, sourceUrl, now: clock.now() });
  } else if (!row.added_unrestricted) {
    await recordUnrestricted(db, row.id);
  }
}

async function prepareArrivedPicture(parts: IngestParts, arrived: Arrived, type: string, converted: string) {
  const { path, received } = arrived;
  const header = await readHeader(path, type);
  return prepare(parts, arrived, header.decodeBytes, async () => ({
    ...(await preparePicture({ path, bytes: received.bytes }, header, converted, parts.clock)),
    durationMs: null,
    isChanged: false,
  }));
}

async function prepareVideo({ clock }: IngestParts, path: string, type: string): Promise<Prepared> {
  return { ...(await inspectVideo(path, type, clock)), path, frames: 1, perceptualHash: null };
}

/** The look-up follows admission by the gate, so of many requests for the same file one or two decode it. */
async function prepare(
  parts: IngestParts,
  arrived: Arrived,
  decodeBytes: number,
  work: () => Promise<Prepared>,
) {
  const decoding = parts.decoding.of(arrived.organizationId);
  return decoding.run(decodeBytes, async () => (await findKept(parts, arrived)) ?? work());
}

/** Returns the existing media with the same bytes. If its files are missing from the storage, it writes them again. */
async function findKept(
  parts: IngestParts,
  { organizationId, received }: Arrived,
): Promise<MediaRow | undefined> {
  const {
    database: { db },
    clock,
    graceMs,
  } = parts;
  const row = await findMediaBySource(db, organizationId, received.sha256);
  if (!row || !(await hasFiles(parts, row))) return undefined;
  const checkAt = addMs(clock.now(), graceMs);
  return addMs(row.check_at, checkSlackMs) >= checkAt ? row : postponeCheck(db, row.id, checkAt);
}

/**
 * Writes the files first and the row last, because a row without files would be worse than files without a row. If the
 * database fails in between, the sweep removes the files later.
 */
async function keep(parts: IngestParts, arrived: Arrived, prepared: Prepared): Promise<MediaRow> {
  const { received } = arrived;
  const isAsReceived = prepared.path === arrived.path && !prepared.isChanged;
  const kept = isAsReceived ? received : await digest(prepared.path);
  await parts.quota.reserve(arrived.organizationId, kept.bytes);
  const row = toRow(parts, arrived, prepared, kept);
  try {
    await putFiles(parts, row, prepared);
  } catch (error) {
    // Removed so that a full disk does not remain full. The sweep removes what cannot be removed now.
    await parts.removeFiles(row).catch(() => {});
    throw error;
  }
  return parts.database.transaction(async (tx) => {
    // A removal of files locks them too, and then checks for a row. If it ran first, the files are missing again; if it
    // runs later, it sees the row.
    const added = await addMedia(tx, row, nameOf(ownerOfFiles(arrived, kept)));
    if (!(await hasFiles(parts, added))) await putFiles(parts, added, prepared);
    return added;
  });
}

/** Writes both files concurrently, because they mostly wait for the disk. Waits for both, also when one fails. */
async function putFiles({ storage }: IngestParts, row: FileKeys, prepared: Prepared): Promise<void> {
  const ends = await Promise.allSettled([
    storage.put(row.storage_key, { file: prepared.path }),
    storage.put(row.thumbnail_key, { bytes: prepared.thumbnail }),
  ]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

async function hasFiles({ storage }: IngestParts, row: FileKeys): Promise<boolean> {
  const files = await Promise.all([storage.stat(row.storage_key), storage.stat(row.thumbnail_key)]);
  return files.every((file) => file !== undefined);
}

function toRow({ clock, graceMs }: IngestParts, arrived: Arrived, prepared: Prepared, kept: Kept) {
  const now = clock.now();
  return {
    id: newId('med'),
    organization_id: arrived.organizationId,
    sha256: kept.sha256,
    source_sha256: arrived.received.sha256,
    source_url: arrived.sourceUrl,
    content_type: prepared.contentType,
    bytes: kept.bytes,
    width: prepared.width,
    height: prepared.height,
    duration_ms: prepared.durationMs,
    ...keysOf(ownerOfFiles(arrived, kept), prepared.contentType),
    placeholder: prepared.placeholder,
    perceptual_hash: prepared.perceptualHash,
    source_frames: prepared.frames,
    created_at: now,
    check_at: addMs(now, graceMs),
    deleted_at: null,
    added_unrestricted: arrived.restrictedActorId === null,
  };
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
