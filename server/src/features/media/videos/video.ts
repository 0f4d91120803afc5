// Checks that a file is a video that Pinterest accepts, and refuses others with the reason. Videos are not converted:
// only data after the video is removed, and the name of its brand is replaced. Independent of where files come from and
// where they are stored.
import { open, stat, truncate } from 'node:fs/promises';
import type { Clock } from '../../../platform/clock.ts';
import { runThread } from '../../../platform/work/run-thread.ts';
import { MediaProblem } from '../record/media.errors.ts';
import { broken, findFilmEnd } from './video-boxes.ts';
import { drawCard } from './video-card.ts';
import type { VideoAnswer, VideoFacts } from './video-probe.worker.ts';

/** Pinterest's published limits (help pages for video Pins, seen November 2026). */
const durationMsMin = 4000;
const durationMsMax = 15 * 60 * 1000;
/** The published limits of width divided by height, with two decimals. */
const ratioMin = 0.5;
const ratioMax = 1.91;
/** The published ratios have two decimals, so a ratio that rounds to the limit is allowed: 1200 × 628 is "1.91:1". */
const ratioTolerance = 0.005;
/** The containers may round a duration by a frame. */
const durationMsTolerance = 50;

/** The memory for the gate: twice the maximum of a thread, so that one runs at a time. */
export const probeBytesMax = 250_000_000;
const probeHeapMegabytes = 96;
const probeTimeoutMs = 10_000;

export interface Video {
  contentType: 'video/mp4' | 'video/quicktime';
  width: number;
  height: number;
  durationMs: number;
  /** Whether the file was changed in place: data after the video was removed, or its brand was replaced. */
  isChanged: boolean;
  /** Used instead of a frame of the video; see video-card.ts. */
  thumbnail: Buffer;
  placeholder: string;
}

/**
 * Checks a video, and changes the file in place if that makes it acceptable.
 *
 * @param type The media type by its first bytes
 * @throws MediaProblem
 */
export async function inspectVideo(path: string, type: string, clock: Clock): Promise<Video> {
  const isChanged = await tidy(path, type);
  const answer = await probe(path, clock);
  if (answer.kind === 'broken') throw broken('Its pictures cannot be found in it.', new Error(answer.why));
  if (answer.kind === 'no_picture') {
    throw new MediaProblem(
      'video_without_picture',
      'There is no moving picture in this file, at most sound. Send a video, or a picture with "mediaType": "image".',
    );
  }
  const problem = problemOfVideo(answer.facts);
  if (problem) throw problem;
  const { width, height, durationMs } = answer.facts;
  return {
    // An .m4v without protection is an MP4 with another name.
    contentType: type === 'video/quicktime' ? 'video/quicktime' : 'video/mp4',
    width,
    height,
    durationMs,
    isChanged,
    ...(await drawCard(width, height)),
  };
}

/** Brands that phones give to files that are otherwise MP4. Browsers do not play them. */
const foreignBrands = new Set(['video/3gpp', 'video/3gpp2', 'audio/x-m4a']);
/** The position of the major brand: the first box is `ftyp`, with a header of eight bytes. */
const brandAt = 8;

/**
 * Removes data after the video, and replaces the brand of a file that is otherwise MP4. The video itself is not
 * changed.
 *
 * @returns whether the file was changed
 */
async function tidy(path: string, type: string): Promise<boolean> {
  const end = await findFilmEnd(path);
  const { size } = await stat(path);
  if (end < size) await truncate(path, end);
  if (!foreignBrands.has(type)) return end < size;
  const file = await open(path, 'r+');
  try {
    await file.write('isom', brandAt, 'latin1');
  } finally {
    await file.close();
  }
  return true;
}

const dolbyVision = 'Dolby Vision';
/** Sample entries of codecs that the library does not know, with the names that editors show. */
const codecNames: Record<string, string> = {
  dvh1: dolbyVision,
  dvhe: dolbyVision,
  dva1: dolbyVision,
  dvav: dolbyVision,
  dav1: dolbyVision,
  apcn: 'Apple ProRes',
  apch: 'Apple ProRes',
  apcs: 'Apple ProRes',
  apco: 'Apple ProRes',
  ap4h: 'Apple ProRes',
  ap4x: 'Apple ProRes',
  mp4v: 'MPEG-4 Visual',
  s263: 'H.263',
  h263: 'H.263',
  mjp2: 'Motion JPEG 2000',
  jpeg: 'Motion JPEG',
  vvc1: 'H.266',
};

/** Returns the first reason for which Pinterest would refuse a video; each reason requires a new export. */
export function problemOfVideo({
  codec,
  sampleEntry,
  width,
  height,
  durationMs,
}: VideoFacts): MediaProblem | null {
  if (codec !== 'avc' && codec !== 'hevc') {
    const name = codec ?? (sampleEntry && codecNames[sampleEntry]);
    const coded = name ? `coded as ${name}` : 'encrypted, or coded in a way that is not known';
    const advice =
      name === dolbyVision ? ' On an iPhone switch off "HDR Video" in Settings, Camera, Record Video.' : '';
    return new MediaProblem(
      'video_codec_unsupported',
      `This video is ${coded}. Pinterest accepts H.264 and H.265: export it with one of these.${advice}`,
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

/** Runs in a thread, so that a file that declares four billion samples or fills the memory ends only the thread. */
async function probe(path: string, clock: Clock): Promise<VideoAnswer> {
  const program = new URL('./video-probe.worker.ts', import.meta.url);
  const limits = { timeoutMs: probeTimeoutMs, heapMegabytes: probeHeapMegabytes };
  const result = await runThread<VideoAnswer>(program, path, limits, clock);
  return result.kind === 'answered' ? result.answer : { kind: 'broken', why: result.why };
}
