// Small videos of every kind that people send, put together on the spot: real containers whose tables are true, around
// pictures of a few bytes that no decoder would make anything of (and none of ours looks at). For tests only.
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';

export interface VideoOptions {
  seconds?: number;
  width?: number;
  height?: number;
  /** How it must be turned to be seen upright, in degrees. */
  rotation?: 0 | 90 | 180 | 270;
  codec?: 'avc' | 'hevc' | 'vp9' | 'av1';
  container?: 'mp4' | 'mov';
  /** In pieces, as browsers record it. */
  isFragmented?: boolean;
  hasPicture?: boolean;
  hasSound?: boolean;
  /** Of each picture. */
  pictureBytes?: number;
}

const sps = Buffer.from('6742c01eda0280f6c0440000030004000003000f03c58ba8', 'hex');
const pps = Buffer.from('68ce3c80', 'hex');
const avcConfig = Buffer.concat([
  Buffer.from([1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, sps.length]),
  sps,
  Buffer.from([1, 0, pps.length]),
  pps,
]);
// A configuration of H.265 without parameter sets (ISO/IEC 14496-15, section 8.3.2).
const hevcConfig = Buffer.from('010160000000900000000000' + '5df000fcfdf8f800000f00', 'hex');

const configs = {
  avc: { codec: 'avc1.42c01e', description: avcConfig },
  hevc: { codec: 'hvc1.1.6.L93.90', description: hevcConfig },
  vp9: { codec: 'vp09.00.10.08' },
  av1: { codec: 'av01.0.04M.08' },
} as const;

/** One picture a second. */
export async function video({
  seconds = 6,
  width = 640,
  height = 480,
  rotation = 0,
  codec = 'avc',
  container = 'mp4',
  isFragmented = false,
  hasPicture = true,
  hasSound = false,
  pictureBytes = 20,
}: VideoOptions = {}): Promise<Buffer> {
  const fastStart = isFragmented ? 'fragmented' : 'in-memory';
  const target = new BufferTarget();
  const output = new Output({
    format: container === 'mp4' ? new Mp4OutputFormat({ fastStart }) : new MovOutputFormat({ fastStart }),
    target,
  });
  const pictures = new EncodedVideoPacketSource(codec);
  const sound = new EncodedAudioPacketSource('aac');
  if (hasPicture) output.addVideoTrack(pictures, { rotation });
  if (hasSound) output.addAudioTrack(sound);
  await output.start();
  for (let second = 0; hasPicture && second < seconds; second += 1) {
    const length = Math.min(1, seconds - second);
    await pictures.add(new EncodedPacket(unit(second, pictureBytes), 'key', second, length), {
      decoderConfig: { ...configs[codec], codedWidth: width, codedHeight: height },
    });
  }
  for (let second = 0; hasSound && second < seconds; second += 1) {
    await sound.add(new EncodedPacket(unit(second, 20), 'key', second, 1), {
      decoderConfig: {
        codec: 'mp4a.40.2',
        sampleRate: 44_100,
        numberOfChannels: 2,
        description: Buffer.from('1210', 'hex'),
      },
    });
  }
  await output.finalize();
  return Buffer.from(target.buffer ?? new ArrayBuffer());
}

/** A unit with its length in front, as both H.264 and H.265 have it in MP4. */
function unit(number: number, bytes: number): Buffer {
  const content = Buffer.alloc(bytes, number);
  content[0] = 0x65;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes);
  return Buffer.concat([length, content]);
}

/** A box of the MP4 family. */
export function box(type: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** The film with every box of this type changed, however deep. */
function withBox(film: Buffer, type: string, change: (content: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= film.length; ) {
    const size = film.readUInt32BE(at);
    const name = film.toString('latin1', at + 4, at + 8);
    const content = film.subarray(at + 8, at + size);
    if (name === type) parts.push(box(name, change(Buffer.from(content))));
    else if (containers.has(name)) parts.push(box(name, withBox(content, type, change)));
    else parts.push(film.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(parts);
}

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf']);

/** Says that it has 4,294,967,295 samples, in a table of eight bytes. */
export async function videoBomb(): Promise<Buffer> {
  return withBox(await video(), 'stbl', (content) =>
    Buffer.concat([content, box('ctts', Buffer.from('0000000000000001ffffffff00000001', 'hex'))]),
  );
}

/** Videos that are taken, and what is said of them. */
export const takenVideos: Record<string, { make: () => Promise<Buffer>; row: Record<string, unknown> }> = {
  'an MP4 with H.264': {
    make: () => video(),
    row: { width: 640, height: 480, duration_ms: 6000, content_type: 'video/mp4' },
  },
  'an MP4 with H.265 and sound': {
    make: () => video({ codec: 'hevc', hasSound: true }),
    row: { width: 640, height: 480, duration_ms: 6000, content_type: 'video/mp4' },
  },
  'a MOV': {
    make: () => video({ container: 'mov' }),
    row: { duration_ms: 6000, content_type: 'video/quicktime' },
  },
  'an M4V': {
    make: async () => {
      const film = await video();
      film.write('M4V ', 8, 'latin1');
      return film;
    },
    row: { duration_ms: 6000, content_type: 'video/mp4' },
  },
  'one that is rotated': {
    make: () => video({ width: 1920, height: 1080, rotation: 90 }),
    row: { width: 1080, height: 1920 },
  },
  'one in pieces': { make: () => video({ isFragmented: true }), row: { duration_ms: 6000 } },
  'one of exactly 4 seconds': { make: () => video({ seconds: 4 }), row: { duration_ms: 4000 } },
  'one of exactly 15 minutes': { make: () => video({ seconds: 900 }), row: { duration_ms: 900_000 } },
  'the widest': { make: () => video({ width: 1200, height: 628 }), row: { width: 1200, height: 628 } },
  'the highest': { make: () => video({ width: 540, height: 1080 }), row: { width: 540, height: 1080 } },
};

/** Videos that are accepted once something is left off or renamed; their pictures stay as they are. */
export const tidiedVideos: Record<string, () => Promise<Buffer>> = {
  'one with zeros behind it': async () => Buffer.concat([await video(), Buffer.alloc(300_000)]),
  'one in fragments with zeros behind it': async () =>
    Buffer.concat([await video({ isFragmented: true }), Buffer.alloc(4000)]),
  'one with a text behind it': async () =>
    Buffer.concat([await video(), Buffer.from('vendor trailer: model X, firmware 1.2')]),
  'one with an archive behind it': async () =>
    Buffer.concat([await video(), Buffer.from('PK\x03\x04 <script>'.padEnd(100))]),
  'one of the brand 3gp4': async () => withBrand(await video(), '3gp4'),
  'one of the brand 3g2a': async () => withBrand(await video({ codec: 'hevc' }), '3g2a'),
  'one of the brand M4A': async () => withBrand(await video({ hasSound: true }), 'M4A '),
};

function withBrand(film: Buffer, brand: string): Buffer {
  film.write(brand, 8, 'latin1');
  return film;
}

/** Videos that are refused, and the code of the detail that says why. */
export const refusedVideos: Record<string, { make: () => Promise<Buffer>; code: string }> = {
  'one of 3.5 seconds': { make: () => video({ seconds: 3.5 }), code: 'video_too_short' },
  'one of 15 minutes and 1 second': { make: () => video({ seconds: 901 }), code: 'video_too_long' },
  'one in VP9': { make: () => video({ codec: 'vp9' }), code: 'video_codec_unsupported' },
  'one in AV1': { make: () => video({ codec: 'av1' }), code: 'video_codec_unsupported' },
  'one that is too wide': {
    make: () => video({ width: 1920, height: 1000 }),
    code: 'video_shape_unsupported',
  },
  'one that is too high': { make: () => video({ width: 400, height: 900 }), code: 'video_shape_unsupported' },
  'one that is too wide once it stands upright': {
    make: () => video({ width: 480, height: 1080, rotation: 90 }),
    code: 'video_shape_unsupported',
  },
  'one whose header claims 10 seconds and whose pictures last 2': {
    make: async () =>
      withBox(await video({ seconds: 2 }), 'mvhd', (header) => {
        header.writeUInt32BE(header.readUInt32BE(12) * 10, 16);
        return header;
      }),
    code: 'video_too_short',
  },
  'sound alone': {
    make: () => video({ hasPicture: false, hasSound: true }),
    code: 'video_without_picture',
  },
  'one without its last bytes': {
    make: async () => (await video({ pictureBytes: 5000 })).subarray(0, -1),
    code: 'video_broken',
  },
  'one that is half there': {
    make: async () => {
      const film = await video({ pictureBytes: 5000 });
      return film.subarray(0, film.length / 2);
    },
    code: 'video_broken',
  },
  'one whose pictures are elsewhere than it says': {
    make: async () =>
      withBox(await video(), 'stco', (table) => {
        for (let at = 8; at < table.length; at += 4) table.writeUInt32BE(4_000_000_000, at);
        return table;
      }),
    code: 'video_broken',
  },
  'one without tables': {
    make: async () => withBox(await video(), 'moov', () => Buffer.alloc(0)),
    code: 'video_without_picture',
  },
  'one with a large file behind it': {
    make: async () => Buffer.concat([await video(), Buffer.alloc(70_000, 'PK\x03\x04 <script>')]),
    code: 'video_broken',
  },
  'one in fragments with something between them': {
    make: async () => Buffer.concat([await video({ isFragmented: true }), Buffer.alloc(100, 'x')]),
    code: 'video_broken',
  },
  'one whose last box is cut': {
    make: async () => Buffer.concat([await video(), box('moof', Buffer.alloc(5000)).subarray(0, 100)]),
    code: 'video_broken',
  },
  'sound alone, under the brand M4A': {
    make: async () => withBrand(await video({ hasPicture: false, hasSound: true }), 'M4A '),
    code: 'video_without_picture',
  },
  'a beginning and nothing else': {
    make: async () => (await video()).subarray(0, 32),
    code: 'video_broken',
  },
};
