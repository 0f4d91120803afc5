// How files are served, on the wire: the promises are about headers.
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../platform/errors.ts';
import { type MediaRow, mediaUrl, registerMediaFiles, toMediaView } from './index.ts';
import { createMediaHarness, type MediaHarness } from './media.fixture.ts';
import { picture } from './pictures/sample-pictures.fixture.ts';

let harness: MediaHarness;
let app: FastifyInstance;
let row: MediaRow;
let bytes: Buffer;

beforeAll(async () => {
  harness = await createMediaHarness();
  app = Fastify();
  app.setErrorHandler((error, _request, reply) =>
    reply
      .code(error instanceof Refusal && error.declaration.code === 'NOT_FOUND' ? 404 : 503)
      .send('refused'),
  );
  registerMediaFiles(app, harness);
  bytes = await picture().jpeg().toBuffer();
  harness.serve(bytes);
  const organizationId = await harness.addOrganization();
  row = await harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
});
afterAll(async () => {
  await app.close();
  await harness.close();
});

function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return app.inject({ method, url, headers });
}
const image = () => new URL(mediaUrl(row, 'http://a')).pathname;
const thumbnail = () => new URL(toMediaView(row, 'http://a').thumbnailUrl).pathname;

describe('a hosted file', () => {
  it('a file is served with its type, without scripts, and cached forever', async () => {
    const answer = await ask(image());
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(bytes)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(bytes.length),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'public, max-age=300, must-revalidate',
      'accept-ranges': 'bytes',
      etag: `"${row.sha256}"`,
    });
  });

  it('a file has a thumbnail', async () => {
    const answer = await ask(thumbnail());
    expect(answer.headers['content-type']).toBe('image/webp');
    expect(answer.rawPayload.subarray(8, 12).toString()).toBe('WEBP');
    expect(answer.headers.etag).not.toBe(`"${row.sha256}"`);
  });

  it('HEAD describes a file without sending it', async () => {
    const answer = await ask(image(), {}, 'HEAD');
    expect(answer).toMatchObject({ statusCode: 200, body: '' });
    expect(answer.headers).toMatchObject({ 'content-length': String(bytes.length), etag: `"${row.sha256}"` });
    expect((await ask(image(), { range: 'bytes=0-9' }, 'HEAD')).headers['content-length']).toBe('10');
  });

  it('a file is not sent again to a client that has it', async () => {
    for (const tag of [`"${row.sha256}"`, `W/"${row.sha256}"`, `"x", "${row.sha256}"`, '*']) {
      const answer = await ask(image(), { 'if-none-match': tag });
      expect(answer).toMatchObject({ statusCode: 304, body: '' });
      expect(answer.headers.etag).toBe(`"${row.sha256}"`);
    }
    expect((await ask(image(), { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  it('a file is served in ranges', async () => {
    const answer = await ask(image(), { range: 'bytes=10-19' });
    expect(answer.statusCode).toBe(206);
    expect(answer.headers).toMatchObject({
      'content-range': `bytes 10-19/${bytes.length}`,
      'content-length': '10',
    });
    expect(answer.rawPayload.equals(bytes.subarray(10, 20))).toBe(true);
    const end = await ask(image(), { range: 'bytes=-5' });
    expect(end.rawPayload.equals(bytes.subarray(-5))).toBe(true);
  });

  it('a client with a part of another version gets the whole file', async () => {
    const answer = await ask(image(), { range: 'bytes=10-19', 'if-range': '"other"' });
    expect(answer.statusCode).toBe(200);
    const same = await ask(image(), { range: 'bytes=10-19', 'if-range': `"${row.sha256}"` });
    expect(same.statusCode).toBe(206);
  });

  it('a range beyond the end of a file is refused', async () => {
    const answer = await ask(image(), { range: `bytes=${bytes.length}-` });
    expect(answer.statusCode).toBe(416);
    expect(answer.headers['content-range']).toBe(`bytes */${bytes.length}`);
  });

  it('a file is found only by its own name', async () => {
    for (const name of ['image.png', 'image.webp', 'thumbnail.jpg', '..%2Fimage.jpg', 'constructor', '%00']) {
      expect((await ask(`/media/${row.id}/${name}`)).statusCode).toBe(404);
    }
    for (const id of ['med_01kav8w5v8e6nb1vkh5tq4j1aa', 'x', '..%2f', `${row.id}x`, row.id.toUpperCase()]) {
      expect((await ask(`/media/${id}/image.jpg`)).statusCode).toBe(404);
    }
  });

  it('a file that is missing from the storage is an outage, and not unknown', async () => {
    await harness.storage.remove(row.storage_key);
    await harness.storage.remove(row.thumbnail_key);
    expect((await ask(image())).statusCode).toBe(503);
    expect((await ask(thumbnail())).statusCode).toBe(503);
  });
});
