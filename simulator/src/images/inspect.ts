// Inspects an image as Pinterest would: is it an image, is it complete, is it large enough.
// Stores a preview and the measurements, never the image.
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { imageBroken, imageTooSmall } from '../ground/refusal.ts';
import type { Picture } from '../store/model.ts';
import type { Switches } from '../store/switches.ts';
import type { Previews } from './previews.ts';

export const imageFormats = ['jpeg', 'png', 'webp', 'gif'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** 100 million pixels decode into about 300 MB. A larger image is an attack, not a Pin. */
const pixelsMax = 100_000_000;
const measurementsMax = 2_000;

interface Measures {
  width: number;
  height: number;
  format: ImageFormat;
}

/** The same image is often sent again, also several times at once; it is decoded once. */
const measured = new WeakMap<Previews, Map<string, Promise<Measures>>>();

interface ImageParts extends Pick<Switches, 'settings'> {
  previews: Previews;
}

/** Returns the image's measurements. Throws 235 when it is broken or has another format, 233 when it is too small. */
export async function inspectImage(
  parts: ImageParts,
  bytes: Buffer,
  formats: readonly ImageFormat[],
): Promise<Picture> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const bySha256 = measured.get(parts.previews) ?? new Map<string, Promise<Measures>>();
  measured.set(parts.previews, bySha256);

  const measuring = bySha256.get(sha256) ?? measure(parts.previews, sha256, bytes);
  bySha256.set(sha256, measuring);
  const oldest = bySha256.keys().next().value;
  if (bySha256.size > measurementsMax && oldest !== undefined) bySha256.delete(oldest);
  const measures = await measuring.catch((error: unknown) => {
    bySha256.delete(sha256);
    throw error;
  });

  if (!formats.includes(measures.format)) throw imageBroken();
  const sideMin = parts.settings().imageSideMin;
  if (measures.width < sideMin || measures.height < sideMin) throw imageTooSmall();
  const { width, height } = measures;
  return { sha256, width, height, title: null, description: null, link: null };
}

async function measure(previews: Previews, sha256: string, bytes: Buffer): Promise<Measures> {
  const { preview, ...measures } = await decode(bytes).catch(() => {
    // The image is broken, whatever error the decoder reports.
    throw imageBroken();
  });
  await previews.put(sha256, preview);
  return measures;
}

async function decode(bytes: Buffer): Promise<Measures & { preview: Buffer }> {
  const options = { limitInputPixels: pixelsMax, failOn: 'error' } as const;
  const metadata = await sharp(bytes, options).metadata();
  const format = imageFormats.find((name) => name === metadata.format);
  if (format === undefined) throw imageBroken();
  const preview = await sharp(bytes, options)
    .rotate()
    .resize({ width: 340, height: 1_020, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 74 })
    .toBuffer();
  const { width, height } = metadata.autoOrient ?? metadata;
  return { width, height, format, preview };
}
