// Decodes HEIC pictures, the format of iPhones and newer Android phones. Our build of sharp reads their header but has
// no decoder for HEVC, so libheif decodes them in a worker thread.
import type { Clock } from '../../../platform/clock.ts';
import { runThread } from '../../../platform/work/run-thread.ts';
import type { HeicAnswer, HeicTask } from './heic.worker.ts';

const heicTypes = new Set(['image/heic', 'image/heif', 'image/heic-sequence', 'image/heif-sequence']);

/** A photo of 48 megapixels takes about a second; the limit leaves room for slow machines. */
const decodeTimeoutMs = 20_000;
const heapMegabytes = 64;

/** @param type The media type that was detected by the first bytes of the file */
export function isHeic(type: string): boolean {
  return heicTypes.has(type);
}

/**
 * Decodes the primary picture of a HEIC file, upright and with its colour profile, as PNG.
 *
 * @returns null when it was decoded, otherwise the reason of the failure
 */
export async function decodeHeic(task: HeicTask, clock: Clock): Promise<string | null> {
  const program = new URL('./heic.worker.ts', import.meta.url);
  const result = await runThread<HeicAnswer>(
    program,
    task,
    { timeoutMs: decodeTimeoutMs, heapMegabytes },
    clock,
  );
  if (result.kind === 'failed') return result.why;
  return result.answer.kind === 'broken' ? result.answer.why : null;
}
