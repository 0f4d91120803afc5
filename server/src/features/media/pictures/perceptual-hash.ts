// A difference hash of a picture, in 64 bits. Each bit says whether one spot of a very small grey
// version is darker than its neighbour to the right, which survives other sizes, other quality and small changes of
// light, and differs for another picture.
import sharp, { type OutputInfo } from 'sharp';

/**
 * Up to how many differing bits two pictures count as near-equal. The same photograph compressed, scaled, lightened
 * or made grey differs in 0 to 7 of them, different ones in 20 and more; see the test.
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

/** Whether two hashes are of pictures that people would call the same. */
export function looksLike(hash: string, otherHash: string): boolean {
  let differing = BigInt(`0x${hash}`) ^ BigInt(`0x${otherHash}`);
  let count = 0;
  for (; differing > 0n; differing >>= 1n) count += Number(differing & 1n);
  return count <= nearBitsMax;
}
