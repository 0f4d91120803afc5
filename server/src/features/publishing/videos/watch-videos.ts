// Wraps the video store to count the results of uploads, which keeps the store independent of metrics.
import type { Metrics } from '../../../platform/metrics.ts';
import type { VideoStore } from './video-store.ts';

export function watchVideos(videos: VideoStore, metrics: Metrics): VideoStore {
  const uploads = metrics.counter(
    'pintail_video_uploads_total',
    'Uploads of videos to Pinterest: sent (it has the bytes), ready (a Pin can be created), again (to be sent again), failed (given up, and the post has failed).',
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
      uploads.inc({ outcome: 'again', code: at.cause.failure.code });
    },
    async giveUp(upload, cause, now) {
      await videos.giveUp(upload, cause, now);
      uploads.inc({ outcome: 'failed', code: cause.failure.code });
    },
  };
}
