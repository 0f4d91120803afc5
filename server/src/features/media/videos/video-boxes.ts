// The outermost boxes of a file of the MP4 family (ISO/IEC 14496-12, section 4.2): enough to tell whether all of it
// is there, whether something else hangs on to it, and whether its tables are small enough to be read.
import { open } from 'node:fs/promises';
import { MediaProblem } from '../record/media.errors.ts';

/** What is not picture or sound. Fifteen minutes of 60 frames a second need about 2 MB of tables. */
const tableBytesMax = 32 * 1024 * 1024;
/** A film in pieces has three boxes a piece, and a piece lasts half a second or more. */
const boxesMax = 20_000;
/** Boxes that a reader skips: what they hold costs nothing. */
const skipped = new Set(['mdat', 'free', 'skip', 'wide', 'uuid']);

/** @throws MediaProblem `video_broken` when the boxes do not end where the file does, or make no film */
export async function checkBoxes(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size: fileSize } = await file.stat();
    const header = Buffer.alloc(16);
    const found = new Set<string>();
    let tableBytes = 0;
    let count = 0;
    for (let at = 0; at < fileSize; count += 1) {
      const { bytesRead } = await file.read(header, 0, 16, at);
      const size = bytesRead < 8 ? 0 : sizeOf(header, bytesRead, fileSize - at);
      const type = header.toString('latin1', 4, 8);
      const isBox = size >= 8 && /^[\x20-\x7e\xa9]{4}$/.test(type) && count < boxesMax;
      if (!isBox) throw broken('There is something in the file, or behind it, that is no part of a video.');
      if (at + size > fileSize) throw broken('The end of the file is missing.');
      found.add(type);
      if (!skipped.has(type)) tableBytes += size;
      at += size;
    }
    if (tableBytes > tableBytesMax) throw broken('Its tables are too large.');
    if (!found.has('moov') || !found.has('mdat')) throw broken('A part of the file is missing.');
  } finally {
    await file.close();
  }
}

/** 1 means that the size stands in the next eight bytes, 0 that the box reaches to the end of the file. */
function sizeOf(header: Buffer, bytesRead: number, rest: number): number {
  const size = header.readUInt32BE(0);
  if (size === 0) return rest;
  if (size !== 1) return size;
  return bytesRead < 16 ? 0 : Number(header.readBigUInt64BE(8));
}

export function broken(what: string, cause?: unknown): MediaProblem {
  return new MediaProblem(
    'video_broken',
    `The video is damaged or incomplete. ${what} Export it again as MP4, or send it again.`,
    cause,
  );
}
