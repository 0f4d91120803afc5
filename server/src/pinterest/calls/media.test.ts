// Videos are registered, streamed to the file store in the required form, and polled.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createPinterest, type MediaUpload, type Pinterest } from '../index.ts';
import {
  captureLog,
  createTestClock,
  type RawServer,
  respond,
  startRawServer,
} from '../test-server.fixture.ts';

const clock = createTestClock();
const log = captureLog();
let store: Server | undefined;
let api: RawServer | undefined;
let pinterest: Pinterest | undefined;

afterEach(async () => {
  await pinterest?.close();
  await api?.close();
  store?.closeAllConnections();
  await new Promise((resolve) => (store ? store.close(resolve) : resolve(null)));
  store = undefined;
});

/** A file store that reads the whole form and then answers so. */
async function startStore(status: number, body = ''): Promise<{ upload: MediaUpload; forms: Form[] }> {
  const forms: Form[] = [];
  store = createServer((request, response) => {
    readAll(request).then(
      (whole) => {
        forms.push({ headers: request.headers, body: whole });
        response.writeHead(status).end(body);
      },
      () => response.destroy(),
    );
  });
  return { upload: await listen(store), forms };
}

interface Form {
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function listen(server: Server): Promise<MediaUpload> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  pinterest = createPinterest({ apiUrl: `http://127.0.0.1:${port}/v5`, clock, log: log.log });
  return {
    mediaId: '12345',
    uploadUrl: `http://127.0.0.1:${port}/bucket`,
    uploadParameters: {
      'x-amz-signature': 'planted-signature',
      key: 'uploads/a "b".mp4',
      policy: 'planted-policy',
      'a "quoted" name': 'x',
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function video(text = 'not really a video'): { bytes: Readable; sizeBytes: number } {
  return { bytes: Readable.from([Buffer.from(text)]), sizeBytes: text.length };
}

async function upload(target: MediaUpload, file = video(), options = {}) {
  if (!pinterest) throw new Error('not set up');
  return pinterest.uploadMedia(target, file, options);
}

describe('the upload', () => {
  test('an upload has all parameters first, in order, then the file, with a length and without authorization', async () => {
    const { upload: target, forms } = await startStore(204);
    expect(await upload(target)).toMatchObject({ kind: 'ok', value: null });
    const [form] = forms;
    if (!form) throw new Error('no form arrived');
    expect(form.headers.authorization).toBeUndefined();
    expect(form.headers['content-length']).toBe(String(form.body.length));
    expect(form.headers['transfer-encoding']).toBeUndefined();
    const parsed = await new Response(new Uint8Array(form.body), {
      headers: { 'content-type': String(form.headers['content-type']) },
    }).formData();
    expect([...parsed.keys()]).toEqual(['x-amz-signature', 'key', 'policy', 'a "quoted" name', 'file']);
    expect(parsed.get('key')).toBe('uploads/a "b".mp4');
    const file = parsed.get('file');
    expect(file instanceof Blob && (await file.text())).toBe('not really a video');
  });

  test('a file is read at the speed of the store, and not into memory', async () => {
    const chunk = Buffer.alloc(1 << 20, 7);
    const chunks = 200;
    let read = 0;
    async function* bytes() {
      for (; read < chunks; read += 1) yield chunk;
    }
    let open = () => {};
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    let readBeforeOpen = 0;
    let received = 0;
    store = createServer(async (request, response) => {
      request.pause();
      await isOpen;
      readBeforeOpen = read;
      for await (const part of request) received += part.length;
      response.writeHead(204).end();
    });
    const target = await listen(store);
    const started = new Promise((resolve) => store?.once('request', resolve));
    const pending = upload(target, { bytes: Readable.from(bytes()), sizeBytes: chunk.length * chunks });
    await started;
    // Whatever fits into the sockets' buffers is written by the time a few turns of the loop have passed.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    open();
    expect((await pending).kind).toBe('ok');
    expect(readBeforeOpen).toBeLessThan(chunks / 4);
    expect(received).toBeGreaterThan(chunk.length * chunks);
  });

  test.each([
    [
      403,
      '<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>',
      'upload_refused',
      true,
    ],
    [400, '<Error><Code>EntityTooLarge</Code></Error>', 'too_big', false],
    [400, '', 'upload_refused', true],
    [503, '<Error><Code>SlowDown</Code></Error>', 'upload_failed', true],
    [301, '', 'upload_failed', true],
  ])('%i %s is %s', async (status, body, reason, retryable) => {
    const { upload: target } = await startStore(status, body);
    expect(await upload(target)).toMatchObject({ kind: 'failed', failure: { reason, retryable } });
  });

  test('a file that is shorter or longer than announced is not uploaded', async () => {
    const { upload: target } = await startStore(204);
    for (const wrong of [-1, 1]) {
      const file = video();
      const answer = await upload(target, { ...file, sizeBytes: file.sizeBytes + wrong });
      expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'upload_failed' } });
    }
  });

  test('a source that fails is a failed upload, and its error message stays private', async () => {
    const { upload: target } = await startStore(204);
    const bytes = new Readable({ read: () => bytes.destroy(new Error('planted-path /home')) });
    const answer = await upload(target, { bytes, sizeBytes: 10 });
    expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'upload_failed' } });
    expect(JSON.stringify(answer) + log.text()).not.toContain('planted-path');
  });

  test('a store that cannot be reached is a failure, and the file is closed', async () => {
    const { upload: target } = await startStore(204);
    const file = video();
    const answer = await upload({ ...target, uploadUrl: 'http://127.0.0.1:1/' }, file);
    expect(answer).toMatchObject({
      kind: 'failed',
      failure: { reason: 'connection_failed', retryable: true },
    });
    expect(file.bytes.destroyed).toBe(true);
  });

  test('an upload ends at its time limit', async () => {
    store = createServer(() => {});
    const target = await listen(store);
    const arrived = new Promise((resolve) => store?.once('request', resolve));
    const pending = upload(target, video(), { timeoutMs: 60_000 });
    await arrived;
    clock.advance(60_000);
    expect(await pending).toMatchObject({ kind: 'failed', failure: { reason: 'upload_failed' } });
  });

  test('an upload address without TLS is refused where the API itself has TLS', async () => {
    const { upload: target } = await startStore(204);
    const secure = createPinterest({ apiUrl: 'https://127.0.0.1:1/v5', clock, log: log.log });
    expect(await secure.uploadMedia(target, video())).toMatchObject({
      failure: { reason: 'invalid_request' },
    });
    await secure.close();
  });

  test('the parameters of an upload are credentials and appear nowhere', async () => {
    const { upload: target } = await startStore(
      403,
      '<Error><Code>AccessDenied</Code><Message>planted-policy planted-signature</Message></Error>',
    );
    const answer = await upload(target);
    expect(log.text()).toContain('uploadMedia');
    expect(JSON.stringify(answer) + log.text()).not.toMatch(/planted-(policy|signature)/);
  });
});

describe('registering and asking', () => {
  async function withApi(status: number, body: unknown) {
    api = await startRawServer(respond(status, body));
    pinterest = createPinterest({ apiUrl: api.apiUrl, clock, log: log.log });
    return pinterest;
  }

  test('a registered upload says where and how', async () => {
    const client = await withApi(
      201,
      '{"media_id": 999658448514149467, "upload_url": "https://s3.test/", "upload_parameters": {"key": "k", "n": 1}}',
    );
    expect(await client.registerMedia('pina_token')).toMatchObject({
      kind: 'ok',
      value: {
        mediaId: '999658448514149467',
        uploadUrl: 'https://s3.test/',
        uploadParameters: { key: 'k', n: '1' },
      },
    });
  });

  test.each([
    [{ media_id: '1', status: 'succeeded' }, 'succeeded'],
    [{ media_id: '1', status: 'registered' }, 'registered'],
    [{ media_id: '1' }, 'unknown'],
    [{ media_id: '1', status: 'queued' }, 'unknown'],
  ])('%j is %s', async (body, status) => {
    const client = await withApi(200, body);
    const answer = await client.getMedia('pina_token', '1');
    expect(answer.kind === 'ok' && answer.value.status).toBe(status);
  });

  test('media that Pinterest no longer has must be uploaded again', async () => {
    const client = await withApi(404, { code: 404, message: 'Not found' });
    const answer = await client.getMedia('pina_token', '1');
    expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'media_not_found' } });
  });
});
