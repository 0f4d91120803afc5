// Reads the tables of a video in a separate thread, which video.ts ends when a file takes too much memory or time. Gets
// a path as `workerData` and posts one `VideoAnswer`.
import { parentPort, workerData } from 'node:worker_threads';
import { EncodedPacketSink, FilePathSource, Input, type InputVideoTrack, MP4, QTFF } from 'mediabunny';

/** The facts in the tables of a video. */
export interface VideoFacts {
  /** `avc`, `hevc` or another codec; null if the library has no name for it, as for encrypted videos. */
  codec: string | null;
  /** The four characters that name the codec in the file, such as `avc1`. */
  sampleEntry: string | null;
  /** In square pixels, after rotation. */
  width: number;
  height: number;
  durationMs: number;
}

export type VideoAnswer =
  | { kind: 'video'; facts: VideoFacts }
  | { kind: 'no_picture' }
  | { kind: 'broken'; why: string };

async function probe(path: string): Promise<VideoAnswer> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) return { kind: 'no_picture' };
    const codec = await track.getCodec();
    const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
    const entry = await track.getInternalCodecId();
    const sampleEntry = typeof entry === 'string' ? entry : null;
    if (codec === null) return { kind: 'video', facts: { codec, sampleEntry, width, height, durationMs: 0 } };
    await readEnds(track);
    // From the samples, because the header may be wrong.
    const begin = Math.max(await track.getFirstTimestamp(), 0);
    const durationMs = Math.round(((await track.computeDuration()) - begin) * 1000);
    return { kind: 'video', facts: { codec, sampleEntry, width, height, durationMs } };
  } catch (error) {
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  } finally {
    input.dispose();
  }
}

/** Checks that the first and the last frame are where the tables say. */
async function readEnds(track: InputVideoTrack): Promise<void> {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstKeyPacket();
  const last = await sink.getPacket(Number.POSITIVE_INFINITY);
  if (!first || !last) throw new Error('There is no picture in it.');
  if (first.data.byteLength === 0 || last.data.byteLength === 0) throw new Error('A picture is empty.');
}

parentPort?.postMessage(await probe(workerData as string));
