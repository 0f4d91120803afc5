// Counts fetches and uploads, as a wrapper of the service.
import { Refusal } from '../../platform/errors.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { MediaService } from './media.ts';
import type { MediaRow } from './record/media.queries.ts';

export function watchMedia(media: MediaService, metrics: Metrics): MediaService {
  const fetches = metrics.counter(
    'pintail_media_fetches_total',
    'Media fetched for callers: ok, the code of the refusal, or error.',
    ['result'],
  );
  const uploads = metrics.counter(
    'pintail_media_uploads_total',
    'Media sent by callers: ok, the code of the refusal, or error (an upload that broke off among them).',
    ['result'],
  );
  const bytes = metrics.counter(
    'pintail_media_accepted_bytes_total',
    'Size of the media that were accepted, also of those that were kept already.',
  );

  async function counted(counter: typeof fetches, work: Promise<MediaRow>): Promise<MediaRow> {
    try {
      const row = await work;
      counter.inc({ result: 'ok' });
      bytes.inc(row.bytes);
      return row;
    } catch (error) {
      counter.inc({ result: (error instanceof Refusal && error.details[0]?.code) || 'error' });
      throw error;
    }
  }

  return {
    ...media,
    fetchFromUrl: (input) => counted(fetches, media.fetchFromUrl(input)),
    receiveUpload: (input) => counted(uploads, media.receiveUpload(input)),
  };
}
