// Reads the outermost boxes of a file of the MP4 family (ISO/IEC 14496-12, section 4.2), to check that the file is
// complete, whether other data follows, and that its tables are small enough to be read.
import { type FileHandle, open } from 'node:fs/promises';
import { MediaProblem } from '../record/media.errors.ts';

/**
 * The maximum size of everything except pictures and sound. Fifteen minutes at 60 frames per second need about 2 MB.
 */
const tableBytesMax = 32 * 1024 * 1024;
/** A fragmented video has three boxes per fragment, and a fragment lasts half a second or more. */
const boxesMax = 20_000;
/** Boxes whose content a reader skips. */
const skipped = new Set(['mdat', 'free', 'skip', 'wide', 'uuid']);

/** The boxes of the outermost level. A box with another name after a complete video is not part of it. */
const outermost = new Set([
  ...['ftyp', 'styp', 'moov', 'moof', 'mdat', 'mfra', 'sidx', 'ssix', 'prft', 'emsg', 'meta', 'meco'],
  ...['free', 'skip', 'wide', 'uuid', 'pdin', 'bloc', 'udta', 'pnot', 'PICT'],
]);
/** The maximum size of data that cameras and phones append to a video. A part of the video itself is larger. */
const trailerBytesMax = 64 * 1024;
const readBytes = 256 * 1024;

/**
 * Finds the end of the video. Messengers pad a file with zeros and cameras append their own data; players ignore both.
 *
 * @returns the number of bytes from the beginning of the file that are boxes; the rest can be removed
 * @throws MediaProblem `video_broken` when boxes are missing, or are not the boxes of a video
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
 * Whether the rest of a file is padding with zeros, or a short trailer. After a fragmented video (`moof`) only padding
 * is accepted, because the rest of the video could follow a damaged part.
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

/** 1 means that the next eight bytes have the size, 0 that the box extends to the end of the file. */
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
