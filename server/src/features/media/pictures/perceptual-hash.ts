// A difference hash of a picture, in 64 bits. Each bit says whether one pixel of a very small gray version is darker
// than the pixel to its right. Scaling, compression and small changes of brightness change few bits; a different
// picture changes many.
import sharp, { type OutputInfo } from 'sharp';

/**
 * The maximum number of different bits of two similar pictures. The same photograph compressed, scaled, brightened or
 * turned gray differs in 0 to 7 bits, different photographs in 20 or more (see the test).
 */
const nearBitsMax = 8;

/** @param raw Uncompressed pixels, in sRGB */
export async function perceptualHash({ data, info }: { data: Buffer; info: OutputInfo }): Promise<string> {
  const grey = await sharp(data, { raw: info })
    .flatten({ background: 'white' })
    .resize({ width: 9, height: 8, fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  let bits = 0n;
  for (let row = 0; row < 8; row += 1) {
    for (let column = 0; column < 8; column += 1) {
      const at = row * 9 + column;
      const isDarker = grey.readUInt8(at) < grey.readUInt8(at + 1);
      bits = (bits << 1n) | (isDarker ? 1n : 0n);
    }
  }
  return bits.toString(16).padStart(16, '0');
}

/** Whether two hashes belong to pictures that look the same. */
export function looksLike(hash: string, otherHash: string): boolean {
  let differing = BigInt(`0x${hash}`) ^ BigInt(`0x${otherHash}`);
  let count = 0;
  for (; differing > 0n; differing >>= 1n) count += Number(differing & 1n);
  return count <= nearBitsMax;
}
