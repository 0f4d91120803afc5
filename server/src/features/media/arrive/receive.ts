// Writes a stream to the disk, and counts and hashes its bytes. Stops as soon as it has the wrong type, is too large,
// or is too slow.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../platform/clock.ts';
import { storageOutage } from '../../../platform/storage/index.ts';
import type { Gate } from '../../../platform/work/gate.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { headBytes, isVideoType, refuseEarly, type WantedType } from './media-type.ts';

/** The largest picture that is accepted: the limit of Pinterest's app, in MiB. */
export const pictureBytesMax = 32 * 1024 * 1024;
/** Pinterest's limit for videos, in decimal gigabytes. */
export const videoBytesMax = 2_000_000_000;

/** The size of a write, four chunks of a typical stream. A write costs as much as copying 64 kB. */
const writeBytes = 256 * 1024;
/** The maximum number of chunks per write: very small chunks use more memory than their bytes. */
const writePiecesMax = 64;

const paceCheckMs = 10_000;
/** The minimum per check, which a slow mobile connection exceeds. Only a deliberately slow sender is below it. */
const paceBytesMin = 10 * 20_000;

export interface Receive {
  /** It is read to its end, or destroyed. */
  body: Readable;
  /** Limits the number of files that are received at the same time. */
  receiving: Gate;
  wanted: WantedType;
  /** The file to write. The caller removes it, also after an error. */
  path: string;
  clock: Clock;
  /** Whether a slow sender is aborted. For files that may take long and have no other time limit. */
  isPaced: boolean;
}

export interface Received {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** The type by the first bytes; undefined where the whole file is needed to detect it. */
  type: string | undefined;
}

/** @throws MediaProblem; the errors of the body; Outage when the disk is full */
export async function receive({ body, receiving, wanted, path, clock, isPaced }: Receive): Promise<Received> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  const unwritten: Buffer[] = [];
  let bytes = 0;
  let bytesWritten = 0;
  // The limit of a picture applies until the type is known, which takes far fewer bytes.
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
  // A file takes no permit before its first byte arrives.
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

/** Repeats a write until all bytes are written: on a disk that is nearly full, one write may take only a part. */
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
