// Reads the parts of a picture file besides its pixels, which decide whether it can be stored unchanged.
import { appendFile, copyFile, type FileHandle, open } from 'node:fs/promises';
import type { Metadata } from 'sharp';

/** Whether EXIF or XMP contain a location. In doubt the result is true, and the file is converted. */
export function hasLocation({ exif, xmp, comments }: Metadata): boolean {
  if (exif && hasGpsTable(exif)) return true;
  if (xmp && /GPS(Latitude|Longitude|Position)/i.test(xmp.toString('utf8'))) return true;
  // Old versions of ImageMagick store a JPEG's EXIF in a text chunk of the PNG.
  return comments?.some(({ keyword }) => /^Raw profile type/i.test(keyword)) ?? false;
}

/** Tag of the GPS table in the first table of EXIF (CIPA DC-008, section 4.6.3). */
const gpsTag = 0x8825;

function hasGpsTable(exif: Buffer): boolean {
  const tiff = exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
  const isLittleEndian = tiff.toString('latin1', 0, 2) === 'II';
  const uint16 = (at: number) => (isLittleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number) => (isLittleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const table = uint32(4);
    const count = uint16(table);
    return Array.from({ length: count }, (_, index) => uint16(table + 2 + index * 12)).includes(gpsTag);
  } catch (error) {
    if (error instanceof RangeError) return true; // Points outside of itself: not to be trusted.
    throw error;
  }
}

/**
 * Whether the colors are sRGB, by the description in the profile. A file without a profile is sRGB too. `c2` is the
 * name that Facebook uses; `uRGB` and `nRGB` are the smallest of github.com/saucecontrol/Compact-ICC-Profiles.
 */
export function isSrgb({ icc, space }: Metadata): boolean {
  if (space !== 'srgb' && space !== 'b-w') return false;
  return icc === undefined || /sRGB|^(c2|uRGB|nRGB)$/.test(profileDescription(icc));
}

/** Returns the text of the tag `desc`: ASCII in profiles of version 2, UTF-16 in version 4 (ICC.1:2022, 9.2.41). */
function profileDescription(icc: Buffer): string {
  if (icc.length < 132) return '';
  const count = Math.min(icc.readUInt32BE(128), 100);
  for (let at = 132; at < 132 + count * 12 && at + 12 <= icc.length; at += 12) {
    if (icc.toString('latin1', at, at + 4) !== 'desc') continue;
    const offset = icc.readUInt32BE(at + 4);
    // Skips the header of the tag and the zero bytes of UTF-16.
    const tag = icc.subarray(offset + 12, offset + icc.readUInt32BE(at + 8));
    return tag.toString('latin1').replaceAll('\0', '');
  }
  return '';
}

const jpegEnd = Buffer.from('ffd9', 'hex');
const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Whether a JPEG or PNG contains one picture and nothing else. Phones append the video of a "motion photo", which has a
 * location; other programs append archives or a second picture.
 */
export async function isPictureOnly(path: string, bytes: number, format: 'jpeg' | 'png'): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const end = format === 'jpeg' ? jpegEnd : pngEnd;
    const tail = await readAt(file, bytes - end.length, end.length);
    return tail.equals(end) && (format === 'png' || !(await announcesMore(file)));
  } finally {
    await file.close();
  }
}

/**
 * Returns the number of frames of a PNG, from its chunk `acTL`, which precedes the pixels (PNG, third edition,
 * 11.3.6.1); 1 without that chunk.
 */
export async function countFrames(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const head = await readAt(file, 0, windowBytes);
    const at = head.indexOf('acTL', 0, 'latin1');
    return at === -1 || at + 8 > head.length ? 1 : Math.max(head.readUInt32BE(at + 4), 1);
  } finally {
    await file.close();
  }
}

/** Writes a copy of a JPEG with the end marker that it lacks. */
export async function copyWithEndMarker(path: string, to: string): Promise<void> {
  await copyFile(path, to);
  await appendFile(to, jpegEnd);
}

/** The beginnings of segments that declare a second picture, or more metadata than the decoder returns. */
const moreSegments = ['MPF\0', 'http://ns.adobe.com/xmp/extension/\0'];
/** The maximum number of segments before the pixels; no real file has as many. */
const segmentsMax = 2000;
/** The number of bytes that identify a segment. */
const segmentBytes = 40;
/** The size of the first read. Most pictures have all their segments in it, which saves nine reads. */
const windowBytes = 16 * 1024;

/** Reads the segments of a JPEG up to the pixels (ITU-T T.81, annex B). In doubt the result is that there is more. */
async function announcesMore(file: FileHandle): Promise<boolean> {
  let window = await readAt(file, 0, windowBytes);
  let windowAt = 0;
  let at = 2;
  for (let count = 0; count < segmentsMax; count += 1) {
    if (at + segmentBytes > windowAt + window.length) {
      window = await readAt(file, at, windowBytes);
      windowAt = at;
    }
    const segment = window.subarray(at - windowAt, at - windowAt + segmentBytes);
    if (segment.length < 4 || segment[0] !== 0xff) return true;
    const marker = segment.readUInt8(1);
    if (marker === 0xda) return false;
    if (moreSegments.some((start) => segment.toString('latin1', 4, 4 + start.length) === start)) return true;
    // Any number of fill bytes may precede a marker.
    at += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
  return true;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), { position: Math.max(position, 0) });
  return buffer.subarray(0, bytesRead);
}
