// The parts of a picture file besides its pixels that decide whether it can be stored unchanged.
import { appendFile, copyFile, type FileHandle, open } from 'node:fs/promises';
import type { Metadata } from 'sharp';

/** Whether EXIF or XMP say where the picture was taken. In doubt they do, and the file is converted. */
export function hasLocation({ exif, xmp, comments }: Metadata): boolean {
  if (exif && hasGpsTable(exif)) return true;
  if (xmp && /GPS(Latitude|Longitude|Position)/i.test(xmp.toString('utf8'))) return true;
  // Old ImageMagick hides a JPEG's EXIF in a text block of the PNG.
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
 * Whether the colours are sRGB, by the profile's own description. No profile at all means sRGB too. `c2` is what
 * Facebook calls it, `uRGB` and `nRGB` are the smallest of github.com/saucecontrol/Compact-ICC-Profiles.
 */
export function isSrgb({ icc, space }: Metadata): boolean {
  if (space !== 'srgb' && space !== 'b-w') return false;
  return icc === undefined || /sRGB|^(c2|uRGB|nRGB)$/.test(profileDescription(icc));
}

/** The text of the tag `desc`: ASCII in profiles of version 2, UTF-16 in version 4 (ICC.1:2022, 9.2.41). */
function profileDescription(icc: Buffer): string {
  if (icc.length < 132) return '';
  const count = Math.min(icc.readUInt32BE(128), 100);
  for (let at = 132; at < 132 + count * 12 && at + 12 <= icc.length; at += 12) {
    if (icc.toString('latin1', at, at + 4) !== 'desc') continue;
    const offset = icc.readUInt32BE(at + 4);
    // Leaves out the header of the tag and the zero bytes of UTF-16.
    const tag = icc.subarray(offset + 12, offset + icc.readUInt32BE(at + 8));
    return tag.toString('latin1').replaceAll('\0', '');
  }
  return '';
}

const jpegEnd = Buffer.from('ffd9', 'hex');
const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Whether a JPEG or PNG is one picture and nothing else. Phones append the film of a "motion photo", with its own
 * location; others append archives or a second picture.
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
 * The frames of an animated PNG, by its chunk `acTL`, which stands before the pixels (PNG, third edition, 11.3.6.1).
 * 1 when there is none.
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

/** How the segments begin that announce a second picture, or more metadata than the decoder shows us. */
const moreSegments = ['MPF\0', 'http://ns.adobe.com/xmp/extension/\0'];
/** More than any real file has before its pixels. */
const segmentsMax = 2000;
/** How much of a segment tells what it is. */
const segmentBytes = 40;
/** Most pictures have all their segments in so much: one reading instead of ten. */
const windowBytes = 16 * 1024;

/** Walks the segments of a JPEG up to the pixels (ITU-T T.81, annex B). In doubt there is more. */
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
    // Any number of fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
  return true;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), { position: Math.max(position, 0) });
  return buffer.subarray(0, bytesRead);
}
