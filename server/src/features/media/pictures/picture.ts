// From the bytes that somebody sent to a picture that Pinterest takes, with a thumbnail and a placeholder. A file
// that fits stays as it is, bit for bit. Knows nothing of where files come from or where they are kept.
import sharp, { type Metadata, type Sharp } from 'sharp';
import { storageOutage } from '../../../platform/storage/index.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { hasLocation, isPictureOnly, isSrgb } from './picture-metadata.ts';
import { makePlaceholder, thumbnailOf } from './thumbnail.ts';

/** Pinterest's published limit for a picture sent from a computer, counted in the smaller megabytes. */
const keptBytesMax = 20_000_000;
/** The least side that others report Pinterest to accept; below it comes code 233 (Pinterest's create Pin). */
const sideMin = 100;
/** More than any camera but the largest; a bomb announces far more. */
const pixelsMax = 100_000_000;
/** What decoding one picture may need. The gate lets several through only when they need no more together. */
export const decodeBytesMax = 400_000_000;

const decodeTimeoutSeconds = 10;
const thumbnailWidth = 400;
/** Pins are cut in lists anyway; this only keeps a strip from becoming a huge thumbnail. */
const thumbnailHeightMax = 1600;

sharp.cache(false); // Every picture is seen once: a cache would only hold memory.
sharp.concurrency(1); // The gate decides how many work at once.
// Whatever a file pretends to be, it meets one of these decoders or none: no SVG, PDF, camera raw or scripts.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((name) => `VipsForeignLoad${name}File`),
});
// Pictures come to us as files only. What loads from memory is for others in this process: the simulator looks
// at the pictures it is sent, and draws its samples; and for our own drawing of a video's card.
sharp.unblock({ operation: ['Jpeg', 'Png', 'Svg'].map((name) => `VipsForeignLoad${name}Buffer`) });

export interface PictureFile {
  path: string;
  bytes: number;
}

export interface PictureHeader {
  metadata: Metadata;
  /** As a viewer sees it, in pixels. */
  width: number;
  height: number;
  /** What decoding it will need. */
  decodeBytes: number;
}

export interface Picture {
  /** The file to keep: the one that came, or the converted one. */
  path: string;
  contentType: 'image/jpeg' | 'image/png';
  width: number;
  height: number;
  /** A WebP of about 400 pixels' width. */
  thumbnail: Buffer;
  /** ThumbHash, base64. */
  placeholder: string;
  /** What it looks like, in 64 bits. */
  perceptualHash: string;
  /** How many the file that came had; the first one is kept. */
  frames: number;
}

/**
 * Reads what a picture says of itself, without decoding it.
 *
 * @param type What its first bytes say it is
 * @throws MediaProblem when it is too small, too large to decode, or its parts contradict each other
 */
export async function readHeader(path: string, type: string): Promise<PictureHeader> {
  const metadata = await sharp(path, { limitInputPixels: false }).metadata().catch(throwBroken);
  if (metadata.mediaType !== type.replace('image/apng', 'image/png')) throwBroken();
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
  return { metadata, width, height, decodeBytes: width * height * bytesPerPixel };
}

/**
 * Decodes all of a picture, converts it if it must be, and makes the thumbnail and the placeholder.
 *
 * @param convertedPath Where a converted copy may be written; the caller removes it
 * @throws MediaProblem when it is damaged or takes too long; Outage when the disk takes no more
 */
export async function preparePicture(
  file: PictureFile,
  header: PictureHeader,
  convertedPath: string,
): Promise<Picture> {
  const { path } = file;
  const asItIs = await fitsAsItIs(file, header.metadata);
  const kept = asItIs
    ? { path, contentType: asItIs, width: header.width, height: header.height }
    : await convert(path, header.metadata, convertedPath);
  // Making the thumbnail reads every pixel, and is what finds out a damaged file that would have been kept as it is.
  const small = await decoder(kept.path)
    .resize({ width: thumbnailWidth, height: thumbnailHeightMax, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(throwDecodeError);
  const [thumbnail, placeholder, look] = [
    await thumbnailOf(small),
    await makePlaceholder(small),
    await perceptualHash(small),
  ];
  return { ...kept, frames: header.metadata.pages ?? 1, thumbnail, placeholder, perceptualHash: look };
}

/** The type of a file that can go to Pinterest unchanged: upright 8-bit sRGB, without its place, small enough. */
async function fitsAsItIs(
  { path, bytes }: PictureFile,
  metadata: Metadata,
): Promise<Kept['contentType'] | undefined> {
  const { format, orientation, depth } = metadata;
  if (format !== 'jpeg' && format !== 'png') return undefined;
  const fits =
    (orientation ?? 1) === 1 &&
    depth === 'uchar' &&
    isSrgb(metadata) &&
    !hasLocation(metadata) &&
    bytes <= keptBytesMax &&
    (await isPictureOnly(path, bytes, format));
  return fits ? `image/${format}` : undefined;
}

type Kept = Pick<Picture, 'path' | 'contentType' | 'width' | 'height'>;

interface Attempt {
  quality: number;
  chromaSubsampling: '4:4:4' | '4:2:0';
  /** Shrinks the picture until no side is longer. */
  sideMax?: number;
}

/** From the best to the smallest. The last of each fits `keptBytesMax` whatever the picture shows. */
const jpegAttempts: readonly Attempt[] = [
  { quality: 92, chromaSubsampling: '4:4:4' },
  { quality: 80, chromaSubsampling: '4:2:0' },
  { quality: 80, chromaSubsampling: '4:2:0', sideMax: 5000 },
  { quality: 75, chromaSubsampling: '4:2:0', sideMax: 3000 },
];
const pngSides: readonly (number | undefined)[] = [undefined, 4000, 2200];

/** Upright, 8-bit sRGB, first frame, no metadata at all; PNG where there is transparency, else JPEG. */
async function convert(path: string, metadata: Metadata, to: string): Promise<Kept> {
  const isPng = metadata.hasAlpha && (await hasTransparency(path));
  const attempts = isPng
    ? pngSides.map((side) => shrunk(path, side).png())
    : jpegAttempts.map(({ quality, chromaSubsampling, sideMax }) =>
        // Optimized coding would hold all of the picture in memory: 1.2 GB for 100 megapixels instead of 0.1.
        shrunk(path, sideMax).jpeg({ quality, chromaSubsampling, optimizeCoding: false }),
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

/** Whether any of it shows through. Every animated GIF claims so. Looked at in a size that keeps single pixels. */
async function hasTransparency(path: string): Promise<boolean> {
  const alpha = await shrunk(path, 1000).extractChannel('alpha').raw().toBuffer().catch(throwDecodeError);
  return alpha.some((value) => value < 255);
}

function shrunk(path: string, sideMax: number | undefined): Sharp {
  const picture = decoder(path).autoOrient().toColourspace('srgb');
  return sideMax === undefined
    ? picture
    : picture.resize({ width: sideMax, height: sideMax, fit: 'inside', withoutEnlargement: true });
}

function decoder(path: string): Sharp {
  return sharp(path, { failOn: 'warning', limitInputPixels: pixelsMax, sequentialRead: true }).timeout({
    seconds: decodeTimeoutSeconds,
  });
}

/** Measured (peak of the process less its base, sharp 0.35) and rounded up. Baseline JPEG and PNG are streamed. */
function decodeBytesPerPixel({ format, isProgressive, orientation = 1 }: Metadata): number {
  if (format === 'heif') return 18;
  if (format === 'webp' || format === 'gif') return 8;
  if (isProgressive) return 5;
  return orientation > 4 ? 4 : 1;
}

function megapixels(pixels: number): number {
  return Math.round(pixels / 100_000) / 10;
}

function throwBroken(cause?: unknown): never {
  throw new MediaProblem(
    'image_broken',
    'The picture is damaged or incomplete and cannot be decoded. Save it again as JPEG or PNG.',
    cause,
  );
}

/** sharp tells its errors apart by their text alone. */
function throwDecodeError(error: unknown): never {
  const text = error instanceof Error ? error.message : '';
  if (/timeout/.test(text)) {
    throw new MediaProblem(
      'image_too_complex',
      `The picture takes more than ${decodeTimeoutSeconds} seconds to decode. Send a smaller one, or a plain JPEG or PNG.`,
      error,
    );
  }
  if (/unable to (write|open for write)|write (error|failed)|No space left/.test(text)) {
    throw storageOutage(error);
  }
  return throwBroken(error);
}
