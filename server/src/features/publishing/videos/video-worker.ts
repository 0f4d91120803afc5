// The worker for videos: finds the posts whose time comes near, and has their videos uploaded to Pinterest. Beside the
// lanes on purpose: a long upload must not keep its account, or any other, from publishing.

import { withLogIds } from '../../../domain/log-ids.ts';
import { addMs } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { createPoller, type Poller } from '../../../platform/work/poller.ts';
import { lanePollMs } from '../../lanes/index.ts';
import { serveUpload, type UploadParts } from './serve-upload.ts';
import type { VideoUpload } from './video-uploads.queries.ts';

export interface VideoWorkerParts extends UploadParts {
  log: Log;
  leaseMs: number;
  /** Unique to this process and this start of it. */
  owner: string;
  /** How long before its time a post's video is uploaded. */
  videoLeadMs: number;
}

/** Uploads at a time, for each process. They are streams: the limit is the bandwidth, not the memory. */
const uploadsMax = 8;
/** Of one account, over all processes: should its uploads hang, there is room for others. */
const uploadsPerAccountMax = 3;
/** Checks at a time, for each process. */
const checksMax = 16;
/** Videos take seconds anyway. */
const spacingMs = 500;
/** Pinterest does not document for how long it stores an upload that no Pin uses. */
const freshMs = 24 * 3600 * 1000;

/** `stop` releases the uploads that are left, so that no other worker waits for their leases to expire. */
export function createVideoWorker(parts: VideoWorkerParts): Poller {
  const { clock, log, videos, owner, leaseMs } = parts;
  const room = (status: VideoUpload['status'], max: number, active: readonly VideoUpload[]) =>
    Math.max(max - active.filter((upload) => upload.status === status).length, 0);
  const poller = createPoller<VideoUpload>({
    ...{ clock, log, leaseMs, key: 'postId', concurrency: uploadsMax + checksMax, pollMs: lanePollMs },
    spacingMs: () => spacingMs,
    claim: ({ now, leaseUntil, active }) =>
      videos.claim({
        ...{ owner, now, leaseUntil, perAccount: uploadsPerAccountMax },
        startBefore: addMs(now, parts.videoLeadMs),
        freshAfter: addMs(now, -freshMs),
        uploads: room('uploading', uploadsMax, active),
        checks: room('processing', checksMax, active),
      }),
    serve: (upload) => withLogIds({ postId: upload.postId }, () => serveUpload(parts, upload)),
    async renew(uploads, leaseUntil) {
      const ours = await videos.renew({ uploads, leaseUntil });
      return uploads.filter(({ postId }) => ours.has(postId));
    },
  });
  return {
    ...poller,
    async stop(graceMs) {
      const left = await poller.stop(graceMs);
      if (left > 0) await videos.releaseAll(owner);
      return left;
    },
  };
}
