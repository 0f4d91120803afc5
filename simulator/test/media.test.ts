// Videos: register, upload to the S3-like server, wait, publish (docs/pinterest.md#simulated-behavior, nos. 14, 20, 21).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, picture, seedDemo, type Test } from './harness.ts';

const video = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(5_000, 7)]);

interface Registered {
  media_id: string;
  upload_url: string;
  upload_parameters: Record<string, string>;
}

async function ready() {
  // A clock that stands still, so that only the test changes the status.
  const sim = await openTest({ now: () => new Date('2026-02-02T00:00:00Z') });
  const demo = await seedDemo(sim);
  await sim.settings({ limits: { enabled: false } });
  const register = async (): Promise<Registered> => {
    const { status, body } = await sim.api('POST', '/media', { body: { media_type: 'video' } });
    expect(status).toBe(201);
    return body;
  };
  return { sim, ...demo, register };
}

interface Upload {
  without?: string;
  change?: Record<string, string>;
  fileFirst?: boolean;
  file?: Buffer | null;
  headers?: Record<string, string>;
}

async function upload(media: Registered, { without, change, fileFirst, file = video, headers }: Upload = {}) {
  const form = new FormData();
  const addFile = () => file && form.append('file', new Blob([new Uint8Array(file)]), 'video.mp4');
  if (fileFirst) addFile();
  for (const [name, value] of Object.entries({ ...media.upload_parameters, ...change })) {
    if (name !== without) form.append(name, value);
  }
  if (!fileFirst) addFile();
  const response = await fetch(media.upload_url, {
    method: 'POST',
    body: form,
    ...(headers ? { headers } : {}),
  });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

const statusOf = async (sim: Test, media: Registered) =>
  (await sim.api('GET', `/media/${media.media_id}`)).body.status;

describe('an upload', () => {
  test('an upload to the other port is answered 204, and its status becomes succeeded by the clock', async () => {
    const { sim, register } = await ready();
    const media = await register();
    expect(new URL(media.upload_url).port).not.toBe(new URL(sim.simulator.url).port);
    expect(Object.keys(media.upload_parameters).sort()).toEqual(
      [
        'Content-Type',
        'key',
        'policy',
        'x-amz-algorithm',
        'x-amz-credential',
        'x-amz-date',
        'x-amz-security-token',
        'x-amz-signature',
      ].sort(),
    );
    await sim.advance(60);
    expect(await statusOf(sim, media)).toBe('registered');
    expect((await upload(media)).status).toBe(204);
    expect(await statusOf(sim, media)).toBe('registered');
    await sim.advance(1);
    expect(await statusOf(sim, media)).toBe('processing');
    await sim.advance(2);
    expect(await statusOf(sim, media)).toBe('succeeded');
    expect((await sim.api('GET', '/media')).body.items).toMatchObject([
      { media_id: media.media_id, status: 'succeeded' },
    ]);
    expect(await sim.requests('s3/upload')).toMatchObject([
      { status: 204, body: { sizeBytes: video.length } },
    ]);
  });

  test.each([
    'x-amz-date',
    'x-amz-signature',
    'x-amz-security-token',
    'x-amz-algorithm',
    'x-amz-credential',
    'key',
    'policy',
    'Content-Type',
  ])('an upload without %s is refused, in XML', async (without) => {
    const { sim, register } = await ready();
    const media = await register();
    const { status, text, type } = await upload(media, { without });
    expect([400, 403]).toContain(status);
    expect(type).toBe('application/xml');
    expect(text).toMatch(/^<\?xml .*<Error><Code>\w+<\/Code>/s);
    await sim.advance(600);
    expect(await statusOf(sim, media)).toBe('registered');
  });

  test.each<[string, Upload, number, string]>([
    ['with the fields after the file', { fileFirst: true }, 400, 'InvalidArgument'],
    ['with another signature', { change: { 'x-amz-signature': '00' } }, 403, 'SignatureDoesNotMatch'],
    ['with an unknown key', { change: { key: '../../etc/passwd' } }, 403, 'AccessDenied'],
    [
      'with an Authorization header',
      { headers: { authorization: 'Bearer pina_demo' } },
      400,
      'InvalidArgument',
    ],
    ['without a file', { file: null }, 400, 'InvalidArgument'],
  ])('%s is refused', async (_name, how, status, code) => {
    const { register } = await ready();
    const answer = await upload(await register(), how);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
  });

  test('an upload without a length is 411, and one that is not a form is 412', async () => {
    const { register } = await ready();
    const media = await register();
    const chunked = await fetch(media.upload_url, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: new Blob(['--x--']).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(411);
    expect((await fetch(media.upload_url, { method: 'POST', body: 'hello' })).status).toBe(412);
    const broken = await fetch(media.upload_url, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: 'no boundary here',
    });
    expect(broken.status).toBe(400);
    expect((await fetch(media.upload_url)).status).toBe(405);
  });

  test('an upload after its policy expired, or above the size limit, is refused', async () => {
    const { sim, register } = await ready();
    const late = await register();
    await sim.advance(3_600);
    expect((await upload(late)).text).toContain('Policy expired');
    await sim.settings({ media: { sizeBytesMax: 1_000 } });
    expect((await upload(await register())).text).toContain('EntityTooLarge');
  });

  test('a fault makes an upload fail before or after its effect', async () => {
    const { sim, register } = await ready();
    const media = await register();
    await sim.faults(
      { operation: 's3/upload', kind: 'status', status: 503 },
      { operation: 's3/upload', kind: 'reset', when: 'after' },
    );
    const refused = await upload(media);
    expect([refused.status, refused.type]).toEqual([503, 'application/xml']);
    await expect(upload(media)).rejects.toThrow();
    await sim.advance(3);
    expect(await statusOf(sim, media)).toBe('succeeded');
  });
});

describe('the status', () => {
  test('the upload of a file that is not a video ends as failed without a reason', async () => {
    const { sim, register } = await ready();
    const media = await register();
    await upload(media, { file: Buffer.from(await picture(), 'base64') });
    await sim.advance(3);
    const { body } = await sim.api('GET', `/media/${media.media_id}`);
    expect(body).toEqual({ media_id: media.media_id, media_type: 'video', status: 'failed' });
  });

  test.each([
    ['failed', 'failed'],
    ['stuck', 'processing'],
  ])('can be made to be %s', async (outcome, shown) => {
    const { sim, register } = await ready();
    await sim.settings({ media: { outcome } });
    const media = await register();
    await upload(media);
    await sim.advance(500_000);
    expect(await statusOf(sim, media)).toBe(shown);
  });

  test('the status can be omitted, and is 404 after the media expired or for another account', async () => {
    const { sim, register } = await ready();
    const media = await register();
    await seedDemo(sim, { username: 'other', tokens: [{ accessToken: 'pina_other' }] });
    expect((await sim.api('GET', `/media/${media.media_id}`, { token: 'pina_other' })).status).toBe(404);
    await sim.settings({ media: { omitStatus: true } });
    expect(await statusOf(sim, media)).toBeUndefined();
    await sim.advance(604_800);
    expect((await sim.api('GET', `/media/${media.media_id}`)).status).toBe(404);
  });
});

describe('a video Pin', () => {
  const cover = { cover_image_key_frame_time: 1 };

  test('a video Pin is created from a finished upload, with a key frame, an image or a URL as cover', async () => {
    const { sim, boardId, register } = await ready();
    const media = await register();
    await upload(media);
    await sim.advance(3);
    const { data } = await base64Source();
    const covers = [
      cover,
      { cover_image_content_type: 'image/jpeg', cover_image_data: data },
      { cover_image_url: `${sim.simulator.url}/samples/travel.jpg` },
    ];
    for (const given of covers) {
      const media_source = { source_type: 'video_id', media_id: media.media_id, ...given };
      const { status, body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        creative_type: 'VIDEO',
        media: { media_type: 'video', width: null, height: null, duration: null },
      });
    }
    expect(await sim.pins()).toHaveLength(3);
    expect((await sim.pins())[0]).toMatchObject({ mediaId: media.media_id, imageSha256: null });
  });

  test('a video Pin of media that is registered, processing, failed or unknown is refused', async () => {
    const { sim, boardId, register } = await ready();
    const create = async (media_id: string) => {
      const media_source = { source_type: 'video_id', media_id, ...cover };
      const { status, body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
      expect([status, body.code]).toEqual([400, 1]);
    };
    const media = await register();
    await create('123456');
    await create(media.media_id);
    await upload(media, { file: Buffer.from('no video at all, only words') });
    await sim.advance(1);
    await create(media.media_id);
    await sim.advance(2);
    await create(media.media_id);
    expect(await sim.pins()).toEqual([]);
  });

  test('a video Pin without a cover is refused, and the message names the cover fields', async () => {
    const { sim, boardId } = await ready();
    const media_source = { source_type: 'video_id', media_id: '1' };
    const { body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect(body.message).toContain('cover_image_url or cover_image_content_type');
  });

  test('a video Pin is refused when the token was revoked after the upload', async () => {
    const { sim, boardId, register } = await ready();
    await sim.faults({ operation: 'media/get', kind: 'event', when: 'after', event: 'revokeTokens' });
    const media = await register();
    await upload(media);
    await sim.advance(3);
    expect(await statusOf(sim, media)).toBe('succeeded');
    const media_source = { source_type: 'video_id', media_id: media.media_id, ...cover };
    const { body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect(body.code).toBe(2);
  });
});

test('media of another kind than video is refused', async () => {
  const { sim } = await ready();
  for (const body of [{ media_type: 'image' }, {}, { media_type: 'video', more: 1 }]) {
    expect((await sim.api('POST', '/media', { body })).status).toBe(400);
  }
});
