import { describe, expect, it } from 'vitest';
import { checkCarousel } from './carousel.ts';
import type { MediaRow } from './record/media.queries.ts';

function slide(change: Partial<MediaRow> = {}): MediaRow {
  return { width: 1000, height: 1500, content_type: 'image/jpeg', ...change } as MediaRow;
}
const video = slide({ content_type: 'video/mp4' });

describe('a carousel', () => {
  it.each([2, 3, 4, 5])('a carousel of %i pictures of one size is accepted', (count) => {
    expect(checkCarousel(Array.from({ length: count }, () => slide()))).toEqual([]);
  });

  it('a carousel can mix JPEG and PNG', () => {
    expect(checkCarousel([slide(), slide({ content_type: 'image/png' })])).toEqual([]);
  });

  it.each([
    [0, 'too_small'],
    [1, 'too_small'],
    [6, 'too_large'],
  ])('has not %i pictures', (count, code) => {
    expect(checkCarousel(Array.from({ length: count }, () => slide()))).toEqual([
      { path: 'carousel', code, message: `A carousel has 2 to 5 pictures; this has ${count}.` },
    ]);
  });

  it('a carousel is refused with every slide that is a video or differs in size from the first', () => {
    const details = checkCarousel([slide(), slide({ height: 1499 }), video, slide({ width: 999 })]);
    expect(details.map(({ path, code }) => [path, code])).toEqual([
      ['carousel.1', 'carousel_sizes_differ'],
      ['carousel.2', 'carousel_video'],
      ['carousel.3', 'carousel_sizes_differ'],
    ]);
    expect(details[0]?.message).toContain('1000 × 1499 pixels, and the first one 1000 × 1500');
  });

  it('a video in the first place does not define the size of a carousel', () => {
    expect(checkCarousel([video, slide(), slide()]).map(({ path }) => path)).toEqual(['carousel.0']);
  });
});
