// Turns a picture file into one that Pinterest accepts, with a thumbnail and a placeholder. A file that Pinterest
// accepts remains unchanged. Independent of where files come from and where they are stored.
import { rm } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import type { Clock } from '../../../platform/clock.ts';
import { MediaProblem } from '../record/media.errors.ts';
import {
  decoder,
  pixelsMax,
  type Source,
  smallPixels,
  throwBroken,
  throwDecodeError,
  toleratedLevel,
} from './decode.ts';
import { decodeHeic, isHeic } from './heic.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { countFrames, hasLocation, isPictureOnly, isSrgb } from './picture-metadata.ts';
import { makePlaceholder, thumbnailOf } from './thumbnail.ts';

/** Pinterest's published limit for a picture sent from a computer, in decimal megabytes. */
const keptBytesMax = 20_000_000;
/**
 * The smallest side that Pinterest is reported to accept; smaller ones are refused with code 233 when a Pin is created.
 */
const sideMin = 100;
/** The memory that decoding one picture may need, and several pictures together. */
export const decodeBytesMax = 400_000_000;

export interface PictureFile {
  path: string;
  bytes: number;
}

export interface PictureHeader {
  metadata: Metadata;
  /** In pixels, after rotation. */
  width: number;
  height: number;
  /** The number of frames of an animation or pages of a document. Only the first one is stored. */
  frames: number;
  /** The memory that decoding needs. */
  decodeBytes: number;
}

export interface Picture {
  /** The file to store: the original or the converted one. */
  path: string;
  contentType: 'image/jpeg' | 'image/png';
  width: number;
  height: number;
  /** A WebP about 400 pixels wide. */
  thumbnail: Buffer;
  /** ThumbHash, base64. */
  placeholder: string;
  /** The perceptual hash, 64 bits in hexadecimal. */
  perceptualHash: string;
  /** The number of frames in the received file. Only the first one is stored. */
  frames: number;
}

/**
 * Reads the header of a picture without decoding it.
 *
 * @param type The media type by its first bytes
 * @throws MediaProblem when it is too small, too large to decode, or inconsistent
 */
export async function readHeader(path: string, type: string): Promise<PictureHeader> {
  const metadata = await sharp(path, { limitInputPixels: false }).metadata().catch(throwBroken);
  if (!isOfType(metadata, type)) throwBroken();
  const { width, height } = metadata.autoOrient;
  if (Math.min(width, height) < sideMin) {
    throw new MediaProblem(
      'image_too_small',
      `The picture has ${width} × ${height} pixels. Pinterest needs at least ${sideMin} × ${sideMin}, and advises 1000 × 1500.`,
    );
  }
  const bytesPerPixel = decodeBytesPerPixel(metadata);
  const most = Math.min(pixelsMax, Math.floor(decodeBytesMax / bytesPerPixel));
  if (width * height > most) {
    throw new MediaProblem(
      'image_too_many_pixels',
      `The picture has ${megapixels(width * height)} million pixels. At most ${megapixels(most)} million can be taken from a ${metadata.format.toUpperCase()} file. Send a smaller one.`,
    );
  }
  const frames = type === 'image/apng' ? await countFrames(path) : (metadata.pages ?? 1);
  return { metadata, width, height, frames, decodeBytes: width * height * bytesPerPixel };
}

/** Whether the decoder sees the type that the first bytes announce. A file of type HEIF may hold HEIC or AVIF. */
function isOfType({ mediaType }: Metadata, type: string): boolean {
  if (isHeic(type)) return mediaType === 'image/heic' || mediaType === 'image/avif';
  return mediaType === (type === 'image/apng' ? 'image/png' : type);
}

/**
 * Decodes a whole picture, converts it if necessary, and creates the thumbnail and the placeholder.
 *
 * @param convertedPath The path for a converted copy; the caller removes it
 * @throws MediaProblem when it is damaged or takes too long; Outage when the disk is full
 */
export async function preparePicture(
  file: PictureFile,
  header: PictureHeader,
  convertedPath: string,
  clock: Clock,
): Promise<Picture> {
  const { metadata, frames } = header;
  if (metadata.compression === 'hevc') {
    return withDecodedHeic(file, `${convertedPath}.png`, clock, async (png) => ({
      ...(await prepareFrom(png, (await readHeader(png.path, 'image/png')).metadata, null, convertedPath)),
      frames,
    }));
  }
  const asItIs = frames === 1 ? await fitsAsItIs(file, metadata) : null;
  const source: Source = { path: file.path, failOn: 'warning' };
  try {
    return { ...(await prepareFrom(source, metadata, asItIs, convertedPath)), frames };
  } catch (error) {
    const failOn = await toleratedLevel(error, file.path, convertedPath);
    // Pinterest's decoder may be strict too, so a file with a flaw is always converted.
    return { ...(await prepareFrom({ ...source, failOn }, metadata, null, convertedPath)), frames };
  }
}

/** @param asItIs The type under which the file can be stored unchanged; null if it must be converted */
async function prepareFrom(
  source: Source,
  metadata: Metadata,
  asItIs: Kept['contentType'] | null,
  convertedPath: string,
): Promise<Omit<Picture, 'frames'>> {
  const { width, height } = metadata.autoOrient;
  const kept: Kept = asItIs
    ? { path: source.path, contentType: asItIs, width, height }
    : await convert(source, metadata, convertedPath);
  // Creating the thumbnail reads every pixel, and so finds damage in a file that would be stored unchanged.
  const small = await smallPixels(asItIs ? source : { path: kept.path, failOn: 'warning' });
  return {
    ...kept,
    thumbnail: await thumbnailOf(small),
    placeholder: await makePlaceholder(small),
    perceptualHash: await perceptualHash(small),
  };
}

async function withDecodedHeic<Result>(
  { path }: PictureFile,
  pngPath: string,
  clock: Clock,
  work: (png: Source) => Promise<Result>,
): Promise<Result> {
  try {
    const why = await decodeHeic({ path, to: pngPath, pixelsMax }, clock);
    if (why !== null) throwDecodeError(new Error(why));
    return await work({ path: pngPath, failOn: 'warning' });
  } finally {
    await rm(pngPath, { force: true });
  }
}

/**
 * Returns the type of a file that can be published unchanged: upright 8-bit sRGB without a location, and small enough.
 */
async function fitsAsItIs(
  { path, bytes }: PictureFile,
  metadata: Metadata,
): Promise<Kept['contentType'] | null> {
  const { format, orientation, depth } = metadata;
  if (format !== 'jpeg' && format !== 'png') return null;
  const fits =
    (orientation ?? 1) === 1 &&
    depth === 'uchar' &&
    isSrgb(metadata) &&
    !hasLocation(metadata) &&
    bytes <= keptBytesMax &&
    (await isPictureOnly(path, bytes, format));
  return fits ? `image/${format}` : null;
}

type Kept = Pick<Picture, 'path' | 'contentType' | 'width' | 'height'>;

interface Attempt {
  quality: number;
  chromaSubsampling: '4:4:4' | '4:2:0';
  /** The longest side; a larger picture is scaled down. */
  sideMax?: number;
}

/** From the best quality to the smallest file. The last entry of each fits `keptBytesMax` for any picture. */
const jpegAttempts: readonly Attempt[] = [
  { quality: 92, chromaSubsampling: '4:4:4' },
  { quality: 80, chromaSubsampling: '4:2:0' },
  { quality: 80, chromaSubsampling: '4:2:0', sideMax: 5000 },
  { quality: 75, chromaSubsampling: '4:2:0', sideMax: 3000 },
];
const pngSides: readonly (number | undefined)[] = [undefined, 4000, 2200];

/** Converts to upright 8-bit sRGB: the first frame, without metadata. PNG with transparency, otherwise JPEG. */
async function convert(source: Source, metadata: Metadata, to: string): Promise<Kept> {
  const isPng = metadata.hasAlpha && (await hasTransparency(source));
  const attempts = isPng
    ? pngSides.map((side) => shrunk(source, side).png())
    : jpegAttempts.map(({ quality, chromaSubsampling, sideMax }) =>
        // Optimized coding would hold the whole picture in memory: 1.2 GB for 100 megapixels instead of 0.1 GB.
        shrunk(source, sideMax).jpeg({ quality, chromaSubsampling, optimizeCoding: false }),
      );
  for (const attempt of attempts) {
    const { width, height, size } = await attempt.toFile(to).catch(throwDecodeError);
    if (size <= keptBytesMax) {
      return { path: to, contentType: isPng ? 'image/png' : 'image/jpeg', width, height };
    }
  }
  throw new MediaProblem(
    'image_too_large',
    'The picture cannot be brought under 20 MB. Send it smaller, or as JPEG.',
  );
}

/**
 * Whether any pixel is transparent, because every animated GIF declares transparency. Checked at a size that preserves
 * single pixels.
 */
async function hasTransparency(source: Source): Promise<boolean> {
  const alpha = await shrunk(source, 1000).extractChannel('alpha').raw().toBuffer().catch(throwDecodeError);
  return alpha.some((value) => value < 255);
}

function shrunk(source: Source, sideMax: number | undefined): Sharp {
  const picture = decoder(source).autoOrient().toColourspace('srgb');
  return sideMax === undefined
    ? picture
    : picture.resize({ width: sideMax, height: sideMax, fit: 'inside', withoutEnlargement: true });
}

/**
 * Returns the memory for decoding: measured (peak of the process minus its base, sharp 0.35) and rounded up. Baseline
 * JPEG and PNG are streamed.
 */
function decodeBytesPerPixel({ format, compression, isProgressive, orientation = 1 }: Metadata): number {
  if (compression === 'hevc') return 8;
  if (format === 'heif') return 18;
  if (format === 'webp' || format === 'gif') return 8;
  if (isProgressive) return 5;
  return orientation > 4 ? 4 : 1;
}

function megapixels(pixels: number): number {
  return Math.round(pixels / 100_000) / 10;
}
