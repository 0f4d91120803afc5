// Counts what becomes of videos on their way to Pinterest, from the outside: the store knows nothing of it.
import type { Metrics } from '../../../platform/metrics.ts';
import type { VideoStore } from './video-store.ts';

export function watchVideos(videos: VideoStore, metrics: Metrics): VideoStore {
  const uploads = metrics.counter(
    'pintail_video_uploads_total',
    'Videos on their way to Pinterest: sent (it has the bytes), ready (a Pin can be made of it), again (to be sent again), failed (given up, and the post with it).',
    ['outcome', 'code'],
  );
  return {
    ...videos,
    async sent(upload, to) {
      await videos.sent(upload, to);
      uploads.inc({ outcome: 'sent', code: '' });
    },
    async ready(upload, now) {
      await videos.ready(upload, now);
      uploads.inc({ outcome: 'ready', code: '' });
    },
    async sendLater(upload, at) {
      await videos.sendLater(upload, at);
      uploads.inc({ outcome: 'again', code: at.trouble.failure.code });
    },
    async giveUp(upload, trouble, now) {
      await videos.giveUp(upload, trouble, now);
      uploads.inc({ outcome: 'failed', code: trouble.failure.code });
    },
  };
}
