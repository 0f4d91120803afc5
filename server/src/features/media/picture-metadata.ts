// What a picture carries besides its pixels, as far as it decides whether the file may stay as it is.
import { open } from 'node:fs/promises';
import type { Metadata } from 'sharp';

/** Whether EXIF or XMP say where the picture was taken. In doubt it does: then the file is written anew. */
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

/** Segments of a JPEG that announce a second picture or more metadata than the decoder shows us. */
const moreSegments = [Buffer.from('MPF\0'), Buffer.from('http://ns.adobe.com/xmp/extension/')];
const jpegEnd = Buffer.from('ffd9', 'hex');
const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Whether a JPEG or PNG is one picture and nothing else. Phones append the film of a "motion photo", with its own
 * location; others append archives or a second picture.
 */
export async function isPictureOnly(path: string, format: 'jpeg' | 'png'): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const end = format === 'jpeg' ? jpegEnd : pngEnd;
    const tail = Buffer.alloc(end.length);
    await file.read(tail, { position: Math.max(size - end.length, 0) });
    if (!tail.equals(end)) return false;
    if (format === 'png') return true;
    const head = Buffer.alloc(Math.min(size, 256 * 1024));
    await file.read(head, { position: 0 });
    return !moreSegments.some((segment) => head.includes(segment));
  } finally {
    await file.close();
  }
}
