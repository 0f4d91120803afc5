// The thumbnail of a video: a neutral card in the shape of the video. A frame of the video cannot be shown, because
// Node has no decoder for H.264 and H.265, and ffmpeg may not be installed. A post with a cover picture has a real
// thumbnail.
import sharp from 'sharp';
import { makePlaceholder, thumbnailOf } from '../pictures/thumbnail.ts';

const cardWidth = 400;

export async function drawCard(
  width: number,
  height: number,
): Promise<{ thumbnail: Buffer; placeholder: string }> {
  const high = Math.round((cardWidth * height) / width);
  const [x, y, r] = [cardWidth / 2, high / 2, Math.min(cardWidth, high) / 7];
  // Contains only our own numbers, and no text of the file.
  const sign = `${x - r * 0.35},${y - r * 0.55} ${x - r * 0.35},${y + r * 0.55} ${x + r * 0.65},${y}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${cardWidth}" height="${high}">
    <rect width="100%" height="100%" fill="#2b2d33"/>
    <circle cx="${x}" cy="${y}" r="${r}" fill="#4a4d57"/>
    <polygon points="${sign}" fill="#ffffff"/>
  </svg>`;
  const card = await sharp(Buffer.from(svg))
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { thumbnail: await thumbnailOf(card), placeholder: await makePlaceholder(card) };
}
