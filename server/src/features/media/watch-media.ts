// Counts what was fetched, from the outside: the use cases know nothing of it.
import { Refusal } from '../../platform/errors.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { MediaService } from './media.service.ts';

export function watchMedia(media: MediaService, metrics: Metrics): MediaService {
  const fetches = metrics.counter(
    'pintail_media_fetches_total',
    'Media fetched for callers: ok, the code of the refusal, or error.',
    ['result'],
  );
  const bytes = metrics.counter(
    'pintail_media_accepted_bytes_total',
    'Size of the media that were accepted, also of those that were kept already.',
  );
  return {
    ...media,
    async fetchFromUrl(input) {
      try {
        const row = await media.fetchFromUrl(input);
        fetches.inc({ result: 'ok' });
        bytes.inc(row.bytes);
        return row;
      } catch (error) {
        fetches.inc({ result: (error instanceof Refusal && error.details[0]?.code) || 'error' });
        throw error;
      }
    },
  };
}
