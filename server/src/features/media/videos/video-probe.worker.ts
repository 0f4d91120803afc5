// Reads the tables of a video in a thread of its own: video.ts ends the thread when a hostile file takes too much memory
// or time. Gets a path as `workerData` and posts one `VideoAnswer`.
import { parentPort, workerData } from 'node:worker_threads';
import { EncodedPacketSink, FilePathSource, Input, type InputVideoTrack, MP4, QTFF } from 'mediabunny';

/** The facts in the tables of a video. */
export interface VideoFacts {
  /** `avc`, `hevc`, or another; null when the library has no name for it, as for encrypted ones. */
  codec: string | null;
  /** The four characters by which the file names the codec, such as `avc1`. */
  sampleEntry: string | null;
  /** As a viewer sees it: turned upright, pixels made square. */
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
    // From the samples themselves: what the header claims need not be so.
    const begin = Math.max(await track.getFirstTimestamp(), 0);
    const durationMs = Math.round(((await track.computeDuration()) - begin) * 1000);
    return { kind: 'video', facts: { codec, sampleEntry, width, height, durationMs } };
  } catch (error) {
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  } finally {
    input.dispose();
  }
}

/** The first picture and the last one must be where the tables say. */
async function readEnds(track: InputVideoTrack): Promise<void> {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstKeyPacket();
  const last = await sink.getPacket(Number.POSITIVE_INFINITY);
  if (!first || !last) throw new Error('There is no picture in it.');
  if (first.data.byteLength === 0 || last.data.byteLength === 0) throw new Error('A picture is empty.');
}

parentPort?.postMessage(await probe(workerData as string));
