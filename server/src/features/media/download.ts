// Brings the file behind a URL to the disk, counting and digesting on the way, and stops as soon as it is clear that
// it is not what was declared.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Outage } from '../../platform/errors.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { Gate } from './gate.ts';
import { type DeclaredType, headBytes, refuseEarly } from './media-type.ts';

/** The largest file that is fetched: Pinterest's limit in its app, counted in the larger megabytes. */
const fetchedBytesMax = 32 * 1024 * 1024;

export interface Download {
  outbound: Outbound;
  /** Lets only so many receive at once. Waiting for it counts as time of the fetch. */
  receiving: Gate;
  url: string;
  declaredType: DeclaredType;
  /** Where to write it. The caller removes it, whether this succeeds or not. */
  path: string;
  signal?: AbortSignal | undefined;
}

export interface Downloaded {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

/** @throws OutboundFailure, MediaProblem; Outage when the disk takes no more */
export async function download({
  outbound,
  receiving,
  url,
  declaredType,
  path,
  signal,
}: Download): Promise<Downloaded> {
  const { body } = await outbound.fetchStream(url, {
    bytesMax: fetchedBytesMax,
    ...(signal && { signal }),
  });
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let bytes = 0;
  let isJudged = false;
  const judge = async () => {
    await refuseEarly(Buffer.concat(head), declaredType);
    isJudged = true;
    head.length = 0;
  };
  // A server that has not answered yet holds no place.
  const turn = receiving.enter();
  let file: FileHandle | undefined;
  try {
    await Promise.race([turn.ready, new Promise((closed) => body.once('close', closed))]);
    file = await open(path, 'wx').catch(throwOutage);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      if (!isJudged) {
        head.push(chunk);
        if (bytes >= headBytes) await judge();
      }
      await file.writeFile(chunk).catch(throwOutage);
    }
    if (!isJudged) await judge();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file?.close();
    turn.leave();
    body.destroy();
  }
}

function throwOutage(error: unknown): never {
  throw new Outage('The media storage', error);
}
