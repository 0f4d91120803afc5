// The video worker: uploads the videos of posts that will soon be due to Pinterest. It is independent of lanes, so that
// a long upload does not delay publishing.

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
  /** Unique to this run of this process. */
  owner: string;
  /** How long before its time a post's video is uploaded. */
  videoLeadMs: number;
}

/** Uploads at a time, for each process. They are streams: the limit is the bandwidth, not the memory. */
const uploadsMax = 8;
/** Uploads at a time for each account, over all processes, so that its hanging uploads do not block other accounts. */
const uploadsPerAccountMax = 3;
/** Checks at a time, for each process. */
const checksMax = 16;
/** The minimum time between two polls. Longer than for lanes, because a video takes seconds. */
const spacingMs = 500;
/** The age up to which an upload is used. Pinterest does not document how long it stores uploads that no Pin uses. */
const freshMs = 24 * 3600 * 1000;

/** Creates the worker. `stop` releases unfinished uploads, so that no worker waits for their leases to expire. */
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
