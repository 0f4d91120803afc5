// Checks whether several pictures can form a carousel.
import type { Detail } from '../../platform/errors.ts';
import type { MediaRow } from './record/media.queries.ts';

const slidesMin = 2;
const slidesMax = 5;

/**
 * The maximum size of all pictures of a carousel in base64. Pinterest does not document the maximum size of a request;
 * a single picture of the maximum size has 27 million characters.
 */
export const carouselCharactersMax = 40_000_000;

/** Checks the media of a carousel. Returns one detail for each invalid slide; none if it can be published. */
export function checkCarousel(rows: readonly MediaRow[]): Detail[] {
  const details: Detail[] = [];
  if (rows.length < slidesMin || rows.length > slidesMax) {
    const message = `A carousel has ${slidesMin} to ${slidesMax} pictures; this has ${rows.length}.`;
    details.push({ path: 'carousel', code: rows.length < slidesMin ? 'too_small' : 'too_large', message });
  }
  const first = rows.find((row) => !isVideo(row));
  for (const [index, row] of rows.entries()) {
    if (isVideo(row)) {
      details.push({
        path: `carousel.${index}`,
        code: 'carousel_video',
        message: 'This is a video. A carousel has pictures only.',
      });
    } else if (first && (row.width !== first.width || row.height !== first.height)) {
      // Other schedulers document that Pinterest refuses other carousels when they are published.
      details.push({
        path: `carousel.${index}`,
        code: 'carousel_sizes_differ',
        message: `This picture has ${row.width} × ${row.height} pixels, and the first one ${first.width} × ${first.height}. All pictures of a carousel must have one size: cut or scale it.`,
      });
    }
  }
  const characters = rows.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 3) * 4, 0);
  if (details.length === 0 && characters > carouselCharactersMax) {
    const message =
      'The pictures are together too large for one request to Pinterest. Use smaller ones: together at most 30 MB.';
    details.push({ path: 'carousel', code: 'too_big', message });
  }
  return details;
}

function isVideo(row: MediaRow): boolean {
  return row.content_type.startsWith('video/');
}
