// The worker for videos: finds the posts whose time comes near, and has their videos brought to Pinterest. Beside
// the lanes on purpose: a long upload must not keep its account, or any other, from publishing.

import { addMs, type Cancel } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { lanePollMs } from '../../lanes/index.ts';
import { type BringVideoParts, bringVideo } from './bring-video.ts';
import type { VideoUpload } from './video-uploads.queries.ts';

export interface VideoWorkerParts extends BringVideoParts {
  log: Log;
  leaseMs: number;
  /** Unique to this process and this start of it. */
  owner: string;
  /** How long before its time a post's video is brought to Pinterest. */
  videoLeadMs: number;
}

export interface VideoWorker {
  /** Does everything that is due now; whether there was anything. */
  runDue(): Promise<boolean>;
  start(): void;
  wake(): void;
  /** Begins nothing more; what takes longer than `graceMs` is left to others. */
  stop(graceMs: number): Promise<void>;
}

/** Uploads at a time, for each process. They are streams: what bounds them is the line, not the memory. */
const uploadsMax = 8;
/** Of one account, over all processes: should its uploads hang, there is room for others. */
const uploadsPerAccountMax = 3;
const looksMax = 16;
/** However often it is woken: videos take seconds anyway. */
const lookApartMs = 500;
const renewalsPerLease = 4;
/** Pinterest does not say how long it keeps an upload that no Pin uses. */
const freshMs = 24 * 3600 * 1000;

export function createVideoWorker(parts: VideoWorkerParts): VideoWorker {
  const { clock, log, videos, owner } = parts;
  const active = new Map<VideoUpload, Promise<void>>();
  const cancels: Cancel[] = [];
  let cancelTimer: Cancel = () => {};
  let isRunning = false;
  let isStopping = false;
  let looking: Promise<number> | null = null;
  let lastLookMs = 0;

  async function claim(): Promise<number> {
    const held = [...active.keys()];
    const uploads = uploadsMax - held.filter((upload) => upload.status === 'uploading').length;
    const looks = looksMax - held.filter((upload) => upload.status === 'processing').length;
    if (isStopping || (uploads <= 0 && looks <= 0)) return 0;
    const now = clock.now();
    const claimed = await videos.claim({
      owner,
      now,
      leaseUntil: addMs(now, parts.leaseMs),
      startBefore: addMs(now, parts.videoLeadMs),
      freshAfter: addMs(now, -freshMs),
      uploads: Math.max(uploads, 0),
      looks: Math.max(looks, 0),
      perAccount: uploadsPerAccountMax,
    });
    for (const upload of claimed) begin(upload);
    return claimed.length;
  }

  function begin(upload: VideoUpload): void {
    const done = bringVideo(parts, upload)
      .catch((error: unknown) => {
        // The lease runs out by itself, and it is done again.
        log.error({ err: error, postId: upload.postId }, 'a video could not be brought to Pinterest');
      })
      .finally(() => {
        active.delete(upload);
        wake();
      });
    active.set(upload, done);
  }

  function look(): Promise<number> {
    looking ??= claim().finally(() => {
      looking = null;
    });
    return looking;
  }

  function wake(): void {
    if (!isRunning || isStopping || looking) return;
    cancelTimer();
    const sinceMs = clock.now().getTime() - lastLookMs;
    if (sinceMs < lookApartMs) {
      cancelTimer = clock.after(lookApartMs - sinceMs, wake);
      return;
    }
    lastLookMs = clock.now().getTime();
    look()
      .catch((error: unknown) => log.warn({ err: error }, 'the videos could not be looked at'))
      .finally(() => {
        if (isStopping) return;
        cancelTimer();
        cancelTimer = clock.after(lanePollMs, wake);
      });
  }

  function keepLeases(): Cancel {
    return clock.every(parts.leaseMs / renewalsPerLease, () => {
      const postIds = [...active.keys()].map((upload) => upload.postId);
      if (postIds.length === 0) return;
      const leaseUntil = addMs(clock.now(), parts.leaseMs);
      videos
        .renew({ owner, postIds, leaseUntil })
        .catch((error: unknown) => log.warn({ err: error }, 'leases of uploads could not be renewed'));
    });
  }

  return {
    async runDue() {
      const cancel = keepLeases();
      try {
        for (let served = 0; ; ) {
          const taken = await look();
          served += taken;
          if (taken === 0 && active.size === 0) return served > 0;
          await Promise.all(active.values());
        }
      } finally {
        cancel();
      }
    },
    start() {
      isRunning = true;
      cancels.push(keepLeases());
      wake();
    },
    wake,
    async stop(graceMs) {
      isStopping = true;
      cancelTimer();
      let cancelGrace: Cancel = () => {};
      const graceOver = new Promise<void>((resolve) => {
        cancelGrace = clock.after(graceMs, resolve);
      });
      await Promise.race([Promise.all(active.values()), graceOver]);
      cancelGrace();
      for (const cancel of cancels) cancel();
      if (active.size > 0) await videos.handBack(owner);
    },
  };
}
