// Opens pictures with the allowed decoders, within limits of pixels and time, and turns their errors into problems of
// the file.
import sharp, { type Sharp } from 'sharp';
import { storageOutage } from '../../../platform/storage/index.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { copyWithEndMarker } from './picture-metadata.ts';
import type { Pixels } from './thumbnail.ts';

/** More than almost any camera has, and far less than a decompression bomb declares. */
export const pixelsMax = 100_000_000;

const decodeTimeoutSeconds = 10;
const thumbnailWidth = 400;
/** Prevents a huge thumbnail of a very long picture. Lists crop Pins anyway. */
const thumbnailHeightMax = 1600;

sharp.cache(false); // Every picture is seen once: a cache would only hold memory.
sharp.concurrency(1); // The gate decides how many work at once.
// Only these decoders can run, whatever type a file declares: no SVG, PDF, camera raw or scripts.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((name) => `VipsForeignLoad${name}File`),
});
// Pictures are received as files only. The loaders from memory are for the rest of this process: the simulator decodes
// the pictures that it receives and draws its samples, and the card of a video is drawn.
sharp.unblock({ operation: ['Jpeg', 'Png', 'Svg'].map((name) => `VipsForeignLoad${name}Buffer`) });

/** A file to decode, and the severity of a flaw at which decoding fails. */
export interface Source {
  path: string;
  failOn: 'warning' | 'error' | 'none';
}

export function decoder({ path, failOn }: Source): Sharp {
  return sharp(path, { failOn, limitInputPixels: pixelsMax, sequentialRead: true }).timeout({
    seconds: decodeTimeoutSeconds,
  });
}

/** Returns the pixels of the thumbnail. Decodes the whole file, so it also finds damage anywhere in it. */
export async function smallPixels(source: Source): Promise<Pixels> {
  return decoder(source)
    .resize({ width: thumbnailWidth, height: thumbnailHeightMax, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(throwDecodeError);
}

/** Warnings of the JPEG decoder after which pixels are missing or wrong. */
const damage = /premature end|bad Huffman|found marker|arithmetic|restart/i;

/**
 * Many cameras and programs write files with a flaw that changes no pixel, such as a wrong byte in the header of the
 * scan or a missing end marker. Every viewer shows them.
 *
 * @returns the level at which decoding this file returns the whole picture
 * @throws the original error, for damaged files
 */
export async function toleratedLevel(
  error: unknown,
  path: string,
  scratchPath: string,
): Promise<Source['failOn']> {
  const isDecodeError = error instanceof MediaProblem && error.code === 'image_broken';
  const text = isDecodeError && error.cause instanceof Error ? error.cause.message : '';
  if (text === '') throw error;
  if (!damage.test(text)) return 'error';
  // With the marker appended, a picture that lacks nothing else decodes without a warning; a truncated one does not.
  if (!/premature end of JPEG image/.test(text)) throw error;
  await copyWithEndMarker(path, scratchPath);
  await smallPixels({ path: scratchPath, failOn: 'warning' });
  return 'none';
}

export function throwBroken(cause?: unknown): never {
  throw new MediaProblem(
    'image_broken',
    'The picture is damaged or incomplete and cannot be decoded. Save it again as JPEG or PNG.',
    cause,
  );
}

/** Errors of sharp differ only in their text. */
export function throwDecodeError(error: unknown): never {
  const text = error instanceof Error ? error.message : '';
  if (/timeout|takes too long/.test(text)) {
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
