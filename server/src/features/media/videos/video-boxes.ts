// The outermost boxes of a file of the MP4 family (ISO/IEC 14496-12, section 4.2): enough to see whether all of it is
// there, whether something else follows it, and whether its tables are small enough to be read.
import { type FileHandle, open } from 'node:fs/promises';
import { MediaProblem } from '../record/media.errors.ts';

/** The limit of everything except pictures and sound. Fifteen minutes at 60 frames a second need about 2 MB. */
const tableBytesMax = 32 * 1024 * 1024;
/** A fragmented film has three boxes per fragment, and a fragment lasts half a second or more. */
const boxesMax = 20_000;
/** Boxes that a reader skips: their content costs nothing. */
const skipped = new Set(['mdat', 'free', 'skip', 'wide', 'uuid']);

/** Boxes that stand at the outermost level. What follows a whole film under another name is not part of it. */
const outermost = new Set([
  ...['ftyp', 'styp', 'moov', 'moof', 'mdat', 'mfra', 'sidx', 'ssix', 'prft', 'emsg', 'meta', 'meco'],
  ...['free', 'skip', 'wide', 'uuid', 'pdin', 'bloc', 'udta', 'pnot', 'PICT'],
]);
/** Cameras and phones append texts and tables to a film; a piece of the film itself is longer. */
const trailerBytesMax = 64 * 1024;
const readBytes = 256 * 1024;

/**
 * Finds where the film ends. Messengers pad a file with zeros and cameras append data of their own; players ignore both.
 *
 * @returns how many bytes of the file are boxes, from its beginning; what follows can be left off
 * @throws MediaProblem `video_broken` when the boxes are not all there, or are not those of a film
 */
export async function findFilmEnd(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size: fileSize } = await file.stat();
    const header = Buffer.alloc(16);
    const types = new Set<string>();
    let tableBytes = 0;
    let end = 0;
    for (let count = 0; end < fileSize; count += 1) {
      const { bytesRead } = await file.read(header, 0, 16, end);
      const size = bytesRead < 8 ? 0 : sizeOf(header, bytesRead, fileSize - end);
      const type = header.toString('latin1', 4, 8);
      const isBox = size >= 8 && /^[\x20-\x7e\xa9]{4}$/.test(type) && count < boxesMax;
      const isInside = end + size <= fileSize;
      if (!(isBox && isInside)) {
        if (isFilm(types) && !outermost.has(type) && (await isLeftOff(file, { end, fileSize, types }))) break;
        throw broken(isBox ? 'The end of the file is missing.' : 'A part of the file is not video data.');
      }
      types.add(type);
      if (!skipped.has(type)) tableBytes += size;
      end += size;
    }
    if (tableBytes > tableBytesMax) throw broken('Its tables are too large.');
    if (!isFilm(types)) throw broken('A part of the file is missing.');
    return end;
  } finally {
    await file.close();
  }
}

function isFilm(types: ReadonlySet<string>): boolean {
  return types.has('moov') && types.has('mdat');
}

/**
 * Zeros of any length, or a short trailer. A film in fragments (`moof`) may only be padded: behind a damaged place the
 * rest of the film could follow.
 */
async function isLeftOff(
  file: FileHandle,
  { end, fileSize, types }: { end: number; fileSize: number; types: ReadonlySet<string> },
): Promise<boolean> {
  if (fileSize - end <= trailerBytesMax && !types.has('moof')) return true;
  const buffer = Buffer.alloc(readBytes);
  const zeros = Buffer.alloc(readBytes);
  for (let at = end; at < fileSize; ) {
    const { bytesRead } = await file.read(buffer, 0, readBytes, at);
    if (bytesRead === 0 || !buffer.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) return false;
    at += bytesRead;
  }
  return true;
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
