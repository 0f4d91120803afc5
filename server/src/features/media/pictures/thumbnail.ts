// The small things that lists show, made from pixels that are small already.
import sharp, { type OutputInfo } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

/** Uncompressed pixels, in sRGB. */
export interface Pixels {
  data: Buffer;
  info: OutputInfo;
}

/** Thumbhash takes up to 100, four times as slowly, and keeps seven waves in each direction: these show in less. */
const placeholderSide = 48;

/** The lowest at which WebP files are small: the next, up to its default, takes 2 to 3 times as long to save 2 to 4 %. */
const webpEffort = 2;

/** As WebP. */
export async function thumbnailOf({ data, info }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: info }).webp({ quality: 75, effort: webpEffort }).toBuffer();
}

/** ThumbHash, base64. */
export async function makePlaceholder({ data, info }: Pixels): Promise<string> {
  const tiny = await sharp(data, { raw: info })
    .resize({ width: placeholderSide, height: placeholderSide, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(tiny.info.width, tiny.info.height, tiny.data)).toString('base64');
}
