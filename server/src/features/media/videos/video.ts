// From the bytes that somebody sent to a video that Pinterest takes. Nothing is converted: a video stays as it is,
// bit for bit, or is refused with the reason. Knows nothing of where files come from or where they are kept.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../platform/clock.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { broken, checkBoxes } from './video-boxes.ts';
import { drawCard } from './video-card.ts';
import type { VideoAnswer, VideoFacts } from './video-probe.worker.ts';

/** Pinterest's published limits (help pages for video Pins, seen November 2026). */
const durationMsMin = 4000;
const durationMsMax = 15 * 60 * 1000;
/** Width to height, as published: to two places. */
const ratioMin = 0.5;
const ratioMax = 1.91;
/** Two places of a ratio are published, so what rounds to the limit is within it: 1200 × 628 is "1.91:1". */
const ratioTolerance = 0.005;
/** The containers may round a duration by a frame. */
const durationMsTolerance = 50;

/** For the gate: what a thread may need at most, and as much again, so that there is one at a time. */
export const probeBytesMax = 250_000_000;
const probeHeapMegabytes = 96;
const probeTimeoutMs = 10_000;

export interface Video {
  contentType: 'video/mp4' | 'video/quicktime';
  width: number;
  height: number;
  durationMs: number;
  /** Stands for a picture of it; see video-card.ts. */
  thumbnail: Buffer;
  placeholder: string;
}

/**
 * @param type What its first bytes say it is
 * @throws MediaProblem
 */
export async function inspectVideo(path: string, type: string, clock: Clock): Promise<Video> {
  await checkBoxes(path);
  const answer = await probe(path, clock);
  if (answer.kind === 'broken') throw broken('Its pictures cannot be found in it.', new Error(answer.why));
  if (answer.kind === 'no_picture') {
    throw new MediaProblem(
      'video_without_picture',
      'There is no moving picture in this file, at most sound. Send a video, or a picture with "mediaType": "image".',
    );
  }
  const problem = judge(answer.facts);
  if (problem) throw problem;
  const { width, height, durationMs } = answer.facts;
  return {
    // An .m4v without protection is an MP4 by another name.
    contentType: type === 'video/quicktime' ? 'video/quicktime' : 'video/mp4',
    width,
    height,
    durationMs,
    ...(await drawCard(width, height)),
  };
}

/** What Pinterest would refuse, and why; the first reason is enough, for a video is exported anew for each. */
export function judge({ codec, width, height, durationMs }: VideoFacts): MediaProblem | null {
  if (codec !== 'avc' && codec !== 'hevc') {
    const found = codec === null ? 'in a way that cannot be read, or is encrypted' : `as ${codec}`;
    return new MediaProblem(
      'video_codec_unsupported',
      `The pictures of this video are coded ${found}. Pinterest takes H.264 and H.265: export it with one of these.`,
    );
  }
  if (durationMs < durationMsMin - durationMsTolerance) {
    return new MediaProblem(
      'video_too_short',
      `The video lasts ${seconds(durationMs)} seconds. Pinterest needs at least 4 seconds.`,
    );
  }
  if (durationMs > durationMsMax + durationMsTolerance) {
    return new MediaProblem(
      'video_too_long',
      `The video lasts ${seconds(durationMs)} seconds. Pinterest takes at most 15 minutes (900 seconds).`,
    );
  }
  const ratio = width / height;
  if (!(ratio > ratioMin - ratioTolerance && ratio < ratioMax + ratioTolerance)) {
    return new MediaProblem(
      'video_shape_unsupported',
      `The video is ${width} × ${height} pixels, ${Math.round(ratio * 100) / 100} times as wide as high. Pinterest takes ${ratioMin} (1:2) to ${ratioMax} (1.91:1), and advises 9:16, 2:3, 4:5 or 1:1.`,
    );
  }
  return null;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** In a thread of its own: one that counts to four milliards, or fills its memory, is simply ended. */
async function probe(path: string, clock: Clock): Promise<VideoAnswer> {
  const worker = new Worker(new URL('./video-probe.worker.ts', import.meta.url), {
    workerData: path,
    resourceLimits: { maxOldGenerationSizeMb: probeHeapMegabytes, maxYoungGenerationSizeMb: 8 },
    // What the library has to say to a console is not for our log.
    stdout: true,
    stderr: true,
  });
  const { promise, resolve } = Promise.withResolvers<VideoAnswer>();
  const cancel = clock.after(probeTimeoutMs, () => resolve({ kind: 'broken', why: 'takes too long' }));
  worker.once('message', resolve);
  worker.once('error', (error) => resolve({ kind: 'broken', why: error.message }));
  worker.once('exit', () => resolve({ kind: 'broken', why: 'the thread ended without an answer' }));
  try {
    return await promise;
  } finally {
    cancel();
    await worker.terminate();
  }
}
