// Creates the thumbnail and the placeholder that lists show, from pixels that were already scaled down.
import sharp, { type OutputInfo } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

/** Uncompressed pixels, in sRGB. */
export interface Pixels {
  data: Buffer;
  info: OutputInfo;
}

/** ThumbHash accepts up to 100 pixels, which takes four times as long. Its seven waves per direction need fewer. */
const placeholderSide = 48;

/** The lowest effort with small files. Higher values up to the default take 2 to 3 times as long and save 2 to 4 %. */
const webpEffort = 2;

/** Encodes the thumbnail as WebP. */
export async function thumbnailOf({ data, info }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: info }).webp({ quality: 75, effort: webpEffort }).toBuffer();
}

/** Returns the ThumbHash in base64. */
export async function makePlaceholder({ data, info }: Pixels): Promise<string> {
  const tiny = await sharp(data, { raw: info })
    .resize({ width: placeholderSide, height: placeholderSide, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(tiny.info.width, tiny.info.height, tiny.data)).toString('base64');
}
