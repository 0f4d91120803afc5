// Brings a stream to the disk, counting and digesting on the way, and stops as soon as it is clear that it is not
// what was wanted, too large, or too slow.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../platform/clock.ts';
import { storageOutage } from '../../../platform/storage/index.ts';
import type { Gate } from '../../../platform/work/gate.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { headBytes, isVideoType, refuseEarly, type WantedType } from './media-type.ts';

/** The largest picture that is taken: Pinterest's limit in its app, counted in the larger megabytes. */
export const pictureBytesMax = 32 * 1024 * 1024;
/** Pinterest's limit for videos, counted in the smaller gigabytes. */
export const videoBytesMax = 2_000_000_000;

/** Written at once, for a write costs as much as copying another 64 kB: four pieces of what usually comes. */
const writeBytes = 256 * 1024;
/** Of what comes in crumbs, each of which takes memory of its own. */
const writePiecesMax = 64;

const paceCheckMs = 10_000;
/** A slow mobile line has more. Only what drips on purpose has less for ten seconds. */
const paceBytesMin = 10 * 20_000;

export interface Receive {
  /** Read to its end, or destroyed. */
  body: Readable;
  /** Limits how many are received at the same time. */
  receiving: Gate;
  wanted: WantedType;
  /** Where to write it. The caller removes it, whether this succeeds or not. */
  path: string;
  clock: Clock;
  /** Aborts a slow sender. For files that may take long and have no other time limit. */
  isPaced: boolean;
}

export interface Received {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** The type by the first bytes; undefined where the whole file is needed to detect it. */
  type: string | undefined;
}

/** @throws MediaProblem; what the body threw; Outage when the disk takes no more */
export async function receive({ body, receiving, wanted, path, clock, isPaced }: Receive): Promise<Received> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  const unwritten: Buffer[] = [];
  let bytes = 0;
  let bytesWritten = 0;
  // The limit of a picture, also while the type is not known: it is known long before this many bytes.
  let bytesMax = pictureBytesMax;
  let isJudged = false;
  let type: string | undefined;
  const judge = async () => {
    type = await refuseEarly(Buffer.concat(head), wanted);
    if (isVideoType(type)) bytesMax = videoBytesMax;
    isJudged = true;
    head.length = 0;
  };
  const write = async (to: FileHandle) => {
    await writeAll(to, unwritten).catch(throwOutage);
    bytesWritten = bytes;
    unwritten.length = 0;
  };
  // A file that has not begun to arrive takes no permit.
  const permit = receiving.enter();
  let file: FileHandle | undefined;
  let stopWatching = () => {};
  try {
    await Promise.race([permit.granted, new Promise((closed) => body.once('close', closed))]);
    file = await open(path, 'wx').catch(throwOutage);
    if (isPaced) stopWatching = watchPace(body, () => bytes, clock);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      if (!isJudged) {
        head.push(chunk);
        if (bytes >= headBytes) await judge();
      }
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      unwritten.push(chunk);
      if (bytes - bytesWritten >= writeBytes || unwritten.length >= writePiecesMax) await write(file);
    }
    if (bytes > bytesWritten) await write(file);
    if (!isJudged) await judge();
    return { bytes, sha256: hash.digest('hex'), type };
  } finally {
    stopWatching();
    await file?.close();
    permit.release();
    body.destroy();
  }
}

function watchPace(body: Readable, received: () => number, clock: Clock): () => void {
  let before = 0;
  return clock.every(paceCheckMs, () => {
    if (received() - before < paceBytesMin) {
      const message = `The file came at less than ${paceBytesMin / paceCheckMs} kB a second. Use a faster host or line.`;
      body.destroy(new MediaProblem('too_slow', message));
    }
    before = received();
  });
}

/** One write may take less than all, as on a disk that is nearly full; what it left is written until it all is, or fails. */
async function writeAll(file: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  const { bytesWritten } = await file.writev(pieces);
  const all = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytesWritten < all) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}

function tooLarge(bytesMax: number): MediaProblem {
  const most = bytesMax === videoBytesMax ? '2 GB, the most that Pinterest takes of a video' : '33.6 MB';
  return new MediaProblem('too_large', `The file is larger than ${most}. Send a smaller one.`);
}

function throwOutage(error: unknown): never {
  throw storageOutage(error);
}
