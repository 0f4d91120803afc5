// JPEGs of given sizes, and a server for them on loopback. Each request for a fresh image returns different bytes of
// the same image, so that no stored copy matches and no time is spent on drawing.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

interface PictureSize {
  width: number;
  height: number;
  /** The approximate size of the file. */
  bytes: number;
}

/** 200 kB: a typical image. */
const usualPicture: PictureSize = { width: 1000, height: 1500, bytes: 200_000 };
/** 4 million pixels: an image from a camera or a design program. */
const largePicture: PictureSize = { width: 1633, height: 2450, bytes: 1_000_000 };

/** 30 kB, for rows about publishing, which should not measure the copying of images. */
const smallPicture: PictureSize = { width: 400, height: 600, bytes: 30_000 };

const sizes = { small: smallPicture, usual: usualPicture, large: largePicture };
export type PictureName = keyof typeof sizes;

export interface PictureServer {
  host: string;
  /** The URL of an image with constant bytes. */
  constant(name: PictureName): string;
  /** The URL of an image whose bytes were never served before. */
  fresh(name: PictureName): string;
  bytes(name: PictureName): Buffer;
  close(): Promise<void>;
}

export async function startPictureServer(): Promise<PictureServer> {
  const [small, usual, large] = await Promise.all([sizes.small, sizes.usual, sizes.large].map(drawPicture));
  if (!small || !usual || !large) throw new Error('An image is missing.');
  const pictures = { small, usual, large };
  const server = createServer((request, response) => {
    const [, name, number] = (request.url ?? '').split('/');
    const picture = pictures[name as PictureName];
    const bytes = number === undefined ? picture : withNumber(picture, Number.parseInt(number, 10));
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': bytes.length });
    response.end(bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let last = 0;
  return {
    host,
    constant: (name) => `http://${host}/${name}`,
    fresh(name) {
      last += 1;
      return `http://${host}/${name}/${last}.jpg`;
    },
    bytes: (name) => pictures[name],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Draws a blurred noise image, at the quality with the nearest file size. */
async function drawPicture({ width, height, bytes }: PictureSize): Promise<Buffer> {
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#a07050',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
    .blur(1.5)
    .png()
    .toBuffer();
  let best = Buffer.alloc(0);
  for (let quality = 10; quality <= 95; quality += 5) {
    const drawn = await sharp(noise).jpeg({ quality, optimizeCoding: false }).toBuffer();
    if (Math.abs(drawn.length - bytes) < Math.abs(best.length - bytes)) best = drawn;
  }
  return best;
}

/** Returns different bytes of the same image: inserts a comment after the first two (ITU-T T.81, B.2.4.5). */
function withNumber(jpeg: Buffer, number: number): Buffer {
  const comment = Buffer.from('fffe000600000000', 'hex');
  comment.writeUInt32BE(number, 4);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}
