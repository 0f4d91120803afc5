// Looks at a picture as Pinterest would before taking it: is it one, is it whole, is it large enough.
// Keeps a preview and the measures, never the picture.

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { imageBroken, imageTooSmall } from '../http/refusal.ts';
import type { Picture } from '../store/model.ts';
import type { World } from '../world.ts';

export const imageFormats = ['jpeg', 'png', 'webp', 'gif'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** A picture of 100 million points is decoded into some 300 MB; more is an attack, not a Pin. */
const pointsMax = 100_000_000;
const measuresKeptMax = 2_000;

interface Measures {
  width: number;
  height: number;
  format: ImageFormat;
}

/** The same picture is often sent again, also several times at once; decoding it once is enough. */
const measured = new WeakMap<World, Map<string, Promise<Measures>>>();

/** Refuses with 235 what is broken or of another format, with 233 what is too small. */
export async function inspectImage(
  world: World,
  bytes: Buffer,
  formats: readonly ImageFormat[],
): Promise<Picture> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const known = measured.get(world) ?? new Map<string, Promise<Measures>>();
  measured.set(world, known);

  const measuring = known.get(sha256) ?? measure(world, sha256, bytes);
  known.set(sha256, measuring);
  const oldest = known.keys().next().value;
  if (known.size > measuresKeptMax && oldest !== undefined) known.delete(oldest);
  const measures = await measuring.catch((error: unknown) => {
    known.delete(sha256);
    throw error;
  });

  if (!formats.includes(measures.format)) throw imageBroken();
  const sideMin = world.settings().imageSideMin;
  if (measures.width < sideMin || measures.height < sideMin) throw imageTooSmall();
  const { width, height } = measures;
  return { sha256, width, height, title: null, description: null, link: null };
}

async function measure(world: World, sha256: string, bytes: Buffer): Promise<Measures> {
  const { preview, ...measures } = await decode(bytes).catch(() => {
    // Whatever the decoder stumbles over, it is the picture that is broken.
    throw imageBroken();
  });
  await world.previews.put(sha256, preview);
  return measures;
}

async function decode(bytes: Buffer): Promise<Measures & { preview: Buffer }> {
  const options = { limitInputPixels: pointsMax, failOn: 'error' } as const;
  const found = await sharp(bytes, options).metadata();
  const format = imageFormats.find((name) => name === found.format);
  if (format === undefined) throw imageBroken();
  const preview = await sharp(bytes, options)
    .rotate()
    .resize({ width: 340, height: 1_020, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 74 })
    .toBuffer();
  const { width, height } = found.autoOrient ?? found;
  return { width, height, format, preview };
}
