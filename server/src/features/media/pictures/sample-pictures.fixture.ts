// Small files of every kind that people send, made on the spot. For tests only.
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { heic, heicWithTransparency } from './sample-heic.fixture.ts';

const width = 160;
const height = 120;

/** Noise, so that damage shows and a picture does not shrink to nothing; a red left half, so that turning shows. */
function pixels(channels: 3 | 4, seed = 1, frames = 1): Buffer {
  const bytes = Buffer.alloc(width * height * frames * channels);
  let state = seed;
  for (let at = 0; at < bytes.length; at += channels) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const isLeft = (at / channels) % width < width / 2;
    bytes[at] = isLeft ? 250 : 40;
    bytes[at + 1] = state % 64;
    bytes[at + 2] = (state >> 8) % 64;
    if (channels === 4) bytes[at + 3] = isLeft ? 255 : 60;
  }
  return bytes;
}

export function picture(seed?: number): Sharp {
  return sharp(pixels(3, seed), { raw: { width, height, channels: 3 } });
}

function seeThrough(): Sharp {
  return sharp(pixels(4), { raw: { width, height, channels: 4 } });
}

function frames(count: number): Sharp {
  return sharp(pixels(3, 1, count), {
    raw: { width, height: height * count, channels: 3, pageHeight: height },
  });
}

const place = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '51/1 30/1 0/1',
  GPSLongitudeRef: 'W',
  GPSLongitude: '0/1 7/1 0/1',
};
const xmpPlace =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="51,30N"/></rdf:RDF></x:xmpmeta>';

/** Files that Pinterest takes as they are. */
export const fitting: Record<string, () => Promise<Buffer>> = {
  'a JPEG': () => picture().jpeg().toBuffer(),
  'a progressive JPEG': () => picture().jpeg({ progressive: true }).toBuffer(),
  'a grey JPEG': () => picture().greyscale().toColourspace('b-w').jpeg().toBuffer(),
  'a JPEG with an sRGB profile': () => picture().withIccProfile('srgb').jpeg().toBuffer(),
  'a JPEG with a copyright notice': () =>
    picture()
      .withExif({ IFD0: { Copyright: 'me' } })
      .jpeg()
      .toBuffer(),
  'a JPEG that only speaks of a second picture': async () =>
    withSegment(
      await picture().jpeg().toBuffer(),
      0xfe,
      'not MPF\0 and not http://ns.adobe.com/xmp/extension/\0',
    ),
  'a JPEG with much before its pixels': async () =>
    withSegment(await picture().jpeg().toBuffer(), 0xfe, 'x'.repeat(40_000)),
  'a PNG': () => picture().png().toBuffer(),
  'a PNG with transparency': () => seeThrough().png().toBuffer(),
  'a PNG with a palette': () => picture().png({ palette: true }).toBuffer(),
  'an interlaced PNG': () => picture().png({ progressive: true }).toBuffer(),
};

/** Files that must be converted, and to what. */
export const convertible: Record<string, { make: () => Promise<Buffer>; to: 'image/jpeg' | 'image/png' }> = {
  'a WebP': { make: () => picture().webp().toBuffer(), to: 'image/jpeg' },
  'a WebP with transparency': { make: () => seeThrough().webp().toBuffer(), to: 'image/png' },
  'a WebP whose transparency is not used': {
    make: () => picture().ensureAlpha().webp().toBuffer(),
    to: 'image/jpeg',
  },
  'an animated WebP': { make: () => frames(3).webp().toBuffer(), to: 'image/jpeg' },
  'an animated GIF': { make: () => frames(3).gif().toBuffer(), to: 'image/jpeg' },
  'an AVIF': { make: () => picture().avif({ effort: 0 }).toBuffer(), to: 'image/jpeg' },
  'a TIFF': { make: () => picture().tiff().toBuffer(), to: 'image/jpeg' },
  'a CMYK JPEG': { make: () => picture().toColourspace('cmyk').jpeg().toBuffer(), to: 'image/jpeg' },
  'a CMYK TIFF': { make: () => picture().toColourspace('cmyk').tiff().toBuffer(), to: 'image/jpeg' },
  'a JPEG in Display P3': { make: () => picture().withIccProfile('p3').jpeg().toBuffer(), to: 'image/jpeg' },
  'a JPEG that says where it was taken': {
    make: () => picture().withExif({ IFD3: place }).jpeg().toBuffer(),
    to: 'image/jpeg',
  },
  'a JPEG that says so in XMP': {
    make: () => picture().withXmp(xmpPlace).jpeg().toBuffer(),
    to: 'image/jpeg',
  },
  'a PNG that says where it was taken': {
    make: () => seeThrough().withExif({ IFD3: place }).png().toBuffer(),
    to: 'image/png',
  },
  'a JPEG with a film behind it': {
    make: async () => Buffer.concat([await picture().jpeg().toBuffer(), mp4('isom')]),
    to: 'image/jpeg',
  },
  'a JPEG that announces a second picture': {
    make: jpegWithSecond,
    to: 'image/jpeg',
  },
  // Behind the first 16 kB, and across their end.
  'a JPEG that announces a second picture late': {
    make: async () => withSegment(await jpegWithSecond(), 0xfe, 'x'.repeat(40_000)),
    to: 'image/jpeg',
  },
  'a JPEG that announces a second picture where a reading ends': {
    make: async () => withSegment(await jpegWithSecond(), 0xfe, 'x'.repeat(16_374)),
    to: 'image/jpeg',
  },
  'a JPEG with more XMP than fits one segment': {
    make: async () =>
      withSegment(await picture().jpeg().toBuffer(), 0xe1, 'http://ns.adobe.com/xmp/extension/\0GPSLatitude'),
    to: 'image/jpeg',
  },
  'a JPEG with an archive behind it': {
    make: async () => Buffer.concat([await picture().jpeg().toBuffer(), Buffer.from('PK\x03\x04 <script>')]),
    to: 'image/jpeg',
  },
  'a PNG with a page behind it': {
    make: async () => Buffer.concat([await picture().png().toBuffer(), Buffer.from('<html><script>')]),
    to: 'image/jpeg',
  },
  'a HEIC': { make: async () => heic, to: 'image/jpeg' },
  'a HEIC with transparency': { make: async () => heicWithTransparency, to: 'image/png' },
  'a JPEG with a wrong byte in the header of its scan': {
    make: async () => withWrongScanHeader(await picture().jpeg().toBuffer()),
    to: 'image/jpeg',
  },
  'a JPEG that lacks its end marker': {
    make: async () => (await picture().jpeg().toBuffer()).subarray(0, -2),
    to: 'image/jpeg',
  },
  'an animated PNG': { make: animatedPng, to: 'image/jpeg' },
  'a 16-bit PNG': { make: () => picture().toColourspace('rgb16').png().toBuffer(), to: 'image/jpeg' },
  'a 16-bit PNG with transparency': {
    make: () => seeThrough().toColourspace('rgb16').png().toBuffer(),
    to: 'image/png',
  },
};

/** Rotated by EXIF; its red half is on top once it is upright. */
export const rotated = () => picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();

/** Files that are refused, and the code of the detail that says why. */
export const refused: Record<string, { make: () => Promise<Buffer>; code: string }> = {
  'an empty file': { make: async () => Buffer.alloc(0), code: 'empty_file' },
  'a web page': { make: async () => Buffer.from('\n<!DOCTYPE html><title>x</title>'), code: 'web_page' },
  'a web page behind a BOM': { make: async () => Buffer.from('\uFEFF<html lang="en">'), code: 'web_page' },
  text: { make: async () => Buffer.from('hello'), code: 'not_a_media_file' },
  'a PDF': { make: async () => Buffer.from('%PDF-1.7\n%%EOF'), code: 'not_a_media_file' },
  'an SVG': {
    make: async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"/>'),
    code: 'unsupported_image_type',
  },
  'an SVG that begins as XML': {
    make: async () => Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
    code: 'unsupported_image_type',
  },
  'a HEIC with nothing in it': { make: async () => mp4('heic'), code: 'image_broken' },
  'a HEIC that is half there': {
    make: async () => heic.subarray(0, heic.length * 0.7),
    code: 'image_broken',
  },
  'a JPEG that is cut and closed again': {
    make: async () => Buffer.concat([await part('jpeg', 0.9), jpegEnd]),
    code: 'image_broken',
  },
  'a BMP': {
    make: async () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)]),
    code: 'unsupported_image_type',
  },
  'a script that begins like a GIF': {
    make: async () => Buffer.from('GIF89a/*\0\0\0\0\0*/=1;alert(1)//'.padEnd(300, ' ')),
    code: 'image_broken',
  },
  'a JPEG that is half there': { make: () => part('jpeg', 0.5), code: 'image_broken' },
  'a JPEG that lacks its last bytes': { make: () => part('jpeg', 0.99), code: 'image_broken' },
  'a PNG that is half there': { make: () => part('png', 0.5), code: 'image_broken' },
  'a WebP that is half there': { make: () => part('webp', 0.5), code: 'image_broken' },
  'an AVIF that is half there': { make: () => part('avif', 0.5), code: 'image_broken' },
  'a GIF that is half there': { make: () => part('gif', 0.5), code: 'image_broken' },
  'a TIFF that lacks its end': { make: () => part('tiff', 0.9), code: 'image_broken' },
  'a PNG with a wrong bit': {
    make: async () => {
      const bytes = await picture().png().toBuffer();
      bytes.writeUInt8(bytes.readUInt8(bytes.length / 2) ^ 1, Math.floor(bytes.length / 2));
      return bytes;
    },
    code: 'image_broken',
  },
  'one pixel': { make: () => picture().resize(1, 1).png().toBuffer(), code: 'image_too_small' },
  'a strip': {
    make: () => picture().resize(400, 99, { fit: 'fill' }).jpeg().toBuffer(),
    code: 'image_too_small',
  },
  '30,000 × 30,000 pixels': {
    make: async () => pngBomb(30_000, 30_000),
    code: 'image_too_many_pixels',
  },
  'a bomb': { make: async () => pngBomb(60_000, 60_000), code: 'image_too_many_pixels' },
  'a bomb of one colour': { make: async () => pngBomb(12_000, 12_000), code: 'image_too_many_pixels' },
};

async function jpegWithSecond(): Promise<Buffer> {
  return withSegment(await picture().jpeg().toBuffer(), 0xe2, 'MPF\0II*\0');
}

const jpegEnd = Buffer.from('ffd9', 'hex');

/** Sets the end of the spectral selection to 0, as some Samsung phones do. */
function withWrongScanHeader(jpeg: Buffer): Buffer {
  const scan = jpeg.indexOf('ffda', 0, 'hex');
  jpeg.writeUInt8(0, scan + 2 + jpeg.readUInt16BE(scan + 2) - 2);
  return jpeg;
}

/** The chunk `acTL` announces two frames; the second one is left out, as decoders that know no APNG do not look. */
async function animatedPng(): Promise<Buffer> {
  const png = await picture().png().toBuffer();
  const control = chunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]));
  return Buffer.concat([png.subarray(0, 33), control, png.subarray(33)]);
}

function withSegment(jpeg: Buffer, marker: number, text: string): Buffer {
  const content = Buffer.from(text, 'latin1');
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(content.length + 2, 2);
  const segment = Buffer.concat([header, content]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

async function part(
  format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff',
  share: number,
): Promise<Buffer> {
  const bytes = await picture().toFormat(format).toBuffer();
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** The beginning of a file of the MP4 family, with nothing in it. */
export function mp4(brand: string): Buffer {
  const box = Buffer.alloc(24);
  box.writeUInt32BE(24, 0);
  box.write('ftyp', 4, 'latin1');
  box.write(brand.padEnd(4), 8, 'latin1');
  box.write(brand.padEnd(4), 16, 'latin1');
  return Buffer.concat([box, Buffer.alloc(8000)]);
}

export const webm = Buffer.concat([
  Buffer.from('1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104', 'hex'),
  Buffer.alloc(100),
]);

/** A PNG that is small to send and huge to decode. */
function pngBomb(wide: number, high: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(wide, 0);
  header.writeUInt32BE(high, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((Math.ceil(wide / 8) + 1) * Math.min(high, 1000));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
