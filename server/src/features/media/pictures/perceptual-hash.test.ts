// How far apart pictures are that people would call the same, and others. The samples are drawn here: what counts is
// the gap between the two groups.
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { looksLike, perceptualHash } from './perceptual-hash.ts';

/** Blurred noise: shapes and shades like a photograph's, another for every number. */
function scene(seed: number): Promise<Buffer> {
  const [width, height] = [16, 20];
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed * 7919 + 1;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (state * 1103515245 + 12345) % 2147483648;
    pixels[at] = (state >> 12) % 256;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(400, 500, { kernel: 'cubic' })
    .raw()
    .toBuffer();
}

const raw = { width: 400, height: 500, channels: 3 } as const;

async function hashOf(picture: Sharp): Promise<string> {
  const jpeg = await picture.jpeg({ quality: 85 }).toBuffer();
  const pixels = await sharp(jpeg)
    .resize(400, 500, { fit: 'inside' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return perceptualHash(pixels);
}

function distance(one: string, other: string): number {
  return (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(2).replaceAll('0', '').length;
}

const changes: Record<string, (picture: Sharp) => Sharp> = {
  nothing: (picture) => picture,
  'other quality': (picture) => picture.jpeg({ quality: 30 }),
  'half the size': (picture) => picture.resize(200, 250),
  'more light': (picture) => picture.modulate({ brightness: 1.15 }),
  'less colour': (picture) => picture.modulate({ saturation: 0.3 }),
  grey: (picture) => picture.greyscale(),
  'a little blur': (picture) => picture.blur(2),
  'a little less at the edges': (picture) => picture.extract({ left: 4, top: 5, width: 392, height: 490 }),
  'a mark in the corner': (picture) =>
    picture.composite([
      {
        input: { create: { width: 60, height: 24, channels: 3, background: 'white' } },
        left: 330,
        top: 466,
      },
    ]),
};

describe('the hash of a picture', () => {
  it('the hash changes little for the same picture and much for another picture', async () => {
    const scenes = await Promise.all(Array.from({ length: 40 }, (_, index) => scene(index + 1)));
    const hashes = await Promise.all(scenes.map((pixels) => hashOf(sharp(pixels, { raw }))));
    const near: number[] = [];
    for (const [index, pixels] of scenes.slice(0, 12).entries()) {
      for (const change of Object.values(changes)) {
        near.push(distance(hashes[index] ?? '', await hashOf(change(sharp(pixels, { raw })))));
      }
    }
    const far = hashes.flatMap((one, index) => hashes.slice(index + 1).map((other) => distance(one, other)));
    expect(Math.max(...near)).toBeLessThanOrEqual(8);
    expect(Math.min(...far)).toBeGreaterThan(14);
  });

  it('the hash has 64 bits in hexadecimal, and is absent for a single color', async () => {
    const plain = { create: { width: 400, height: 500, channels: 3, background: 'teal' } } as const;
    expect(await hashOf(sharp(plain))).toBe('0000000000000000');
    expect(await hashOf(sharp(await scene(1), { raw }))).toMatch(/^[0-9a-f]{16}$/);
  });

  it('hashes are similar up to eight different bits', () => {
    expect(looksLike('00000000000000ff', '0000000000000000')).toBe(true);
    expect(looksLike('00000000000001ff', '0000000000000000')).toBe(false);
    expect(looksLike('ffffffffffffffff', 'ffffffffffffffff')).toBe(true);
    expect(looksLike('ffffffffffffffff', '0000000000000000')).toBe(false);
  });
});
