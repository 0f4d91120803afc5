// Hostile addresses, answers and files, as any caller can send them: none is a bug, none reaches an address that is not
// public, and none leaves a file behind.
import { readdir } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  convertible,
  fitting,
  mp4,
  picture,
  refused,
  webm,
} from '../../src/features/media/pictures/sample-pictures.fixture.ts';
import { refusedVideos, video, videoBomb } from '../../src/features/media/videos/sample-videos.fixture.ts';
import { createTestApp, type TestApp } from '../app.ts';
import { type Seeded, seeded } from '../chaos/seeded.ts';
import { urlsOfThisMachine } from './hostile-urls.ts';

let app: TestApp;
const servers: Server[] = [];
let canaryPort: number;
let canaryHits = 0;
let site: string;
let respond: RequestListener = (_request, response) => void response.end();

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, done));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  canaryPort = await listen((_request, response) => {
    canaryHits += 1;
    response.end('secret');
  });
  site = `127.0.0.1:${await listen((request, response) => respond(request, response))}`;
  app = await createTestApp({ config: { mediaAllowedPrivateHosts: [site], ratePerMinute: 1_000_000 } });
});
afterAll(async () => {
  expect(app.logLines.filter(({ level }) => level >= 50)).toEqual([]);
  await app.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const incoming = () => readdir(join(app.parts.config.dataDir, 'incoming'));
const addUrl = (url: string) => app.call('POST', '/v1/media', { url });

/** Runs the work on all values, 16 at a time. */
async function onAll<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  const queue = [...values];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
    }),
  );
}

describe('680 addresses that are not public', () => {
  test('as media, as the target of a redirect and as a webhook none is reached', {
    timeout: 180_000,
  }, async () => {
    const urls = urlsOfThisMachine(canaryPort);
    const statuses = [301, 302, 303, 307, 308];
    respond = (request, response) => {
      const index = Number(request.url?.slice(1));
      response
        .writeHead(statuses[index % statuses.length] ?? 302, { location: encodeLocation(urls[index] ?? '') })
        .end();
    };
    const seen = new Set<number>();
    await onAll([...urls.keys()], async (index) => {
      const url = urls[index] ?? '';
      const answers = [
        await addUrl(url),
        await addUrl(`http://${site}/${index}`),
        await app.call('POST', '/v1/webhooks', { url, events: ['post.sent'] }),
      ];
      for (const { status } of answers) seen.add(status);
      expect([url, ...answers.map(({ status }) => status >= 400 && status < 500)]).toEqual([
        url,
        true,
        true,
        true,
      ]);
    });
    expect(3 * urls.length).toBeGreaterThanOrEqual(680);
    expect(canaryHits).toBe(0);
    expect(await incoming()).toEqual([]);
  });
});

/** Bytes that Node allows in a header. */
const encodeLocation = (url: string) =>
  Buffer.from(url)
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, '');

const bomb = Buffer.alloc(60_000_000);
const encoded =
  (encoding: string, body: Buffer): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { 'content-encoding': encoding }).end(body);
const raw =
  (text: string, rest?: string): RequestListener =>
  (request) => {
    const { socket } = request;
    socket.on('error', () => {});
    socket.write(text);
    const again = () => {
      while (rest !== undefined && !socket.destroyed && socket.write(rest));
    };
    socket.on('drain', again);
    again();
  };
const ok = 'HTTP/1.1 200 OK\r\n';

const hostileAnswers: Record<string, RequestListener> = {
  'a gzip bomb': encoded('gzip', gzipSync(bomb)),
  'a brotli bomb': encoded('br', brotliCompressSync(bomb, { params: {} })),
  'a deflate bomb': encoded('deflate', deflateSync(bomb)),
  'a zstd bomb': encoded('zstd', zstdCompressSync(bomb)),
  'nested encodings': encoded('gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(bomb)))),
  'endless headers': raw(ok, `x-a: ${'a'.repeat(1000)}\r\n`),
  'endless 100 Continue': raw('', 'HTTP/1.1 100 Continue\r\n\r\n'),
  'a redirect loop with cookies': (request, response) =>
    void response.writeHead(302, { location: `${request.url}x`, 'set-cookie': 'a=b' }).end(),
  'a false length': (_request, response) => {
    response.writeHead(200, { 'content-length': '50000' }).write('short');
    response.destroy();
  },
  'a part of 100 GB': (_request, response) =>
    void response
      .writeHead(206, { 'content-range': 'bytes 0-5/100000000000', 'content-length': '6' })
      .end('GIF89a'),
  'a length of 100 GB': (_request, response) =>
    void response.writeHead(200, { 'content-length': '100000000000' }).write('x'),
  silence: () => {},
};

describe('12 hostile answers', () => {
  test.each(Object.entries(hostileAnswers))(
    '%s is refused, and leaves nothing',
    { timeout: 20_000 },
    async (_name, listener) => {
      const begun = Promise.withResolvers<void>();
      respond = (request, response) => {
        listener(request, response);
        begun.resolve();
      };
      const answering = app.call('POST', '/v1/media', { url: `http://${site}/a.jpg`, mediaType: 'image' });
      let isDone = false;
      void answering.finally(() => {
        isDone = true;
      });
      await begun.promise;
      // An answer without an end is refused after its timeout.
      await expect
        .poll(() => (isDone ? true : void app.clock.advance(1_000)), { timeout: 15_000 })
        .toBe(true);
      expect((await answering).status).toBe(422);
      expect(await incoming()).toEqual([]);
    },
  );
});

/** A copy with some bytes changed, sometimes cut short. */
function damage(file: Buffer, random: Seeded): Buffer {
  const copy = Buffer.from(file);
  const changes = random.between(1, 8);
  for (let count = 0; count < changes; count += 1) {
    // Headers are more interesting than pixels.
    const end = random.chance(0.5) ? Math.min(200, copy.length) : copy.length;
    copy[random.between(0, end - 1)] = random.chance(0.3) ? 0xff : random.between(0, 255);
  }
  return random.chance(0.25) ? copy.subarray(0, random.between(0, copy.length)) : copy;
}

async function upload(bytes: Buffer): Promise<number> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), 'a');
  const headers = { authorization: `Bearer ${app.key}` };
  const answer = await fetch(`${app.url}/v1/media`, { method: 'POST', headers, body: form });
  await answer.arrayBuffer();
  return answer.status;
}

const text = (content: string) => async () => Buffer.from(content);
const hostileFiles: (() => Promise<Buffer>)[] = [
  ...[...Object.values(refused), ...Object.values(refusedVideos), ...Object.values(convertible)].map(
    ({ make }) => make,
  ),
  ...Object.values(fitting),
  videoBomb,
  async () => webm,
  async () => mp4('isom'),
  text('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
  text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'),
  text('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj'),
  text('%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file'),
  text("push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/'\npop graphic-context"),
  text('8BPS\0\x01'),
  text('GIF89a'),
  text('BM'),
  text('\0\0\0\x0cJXL \r\n\x87\n'),
  text(''),
];

describe('457 hostile files', () => {
  test('each is accepted or refused, and leaves nothing behind', { timeout: 180_000 }, async () => {
    const made = await Promise.all(hostileFiles.map((make) => make()));
    const random = seeded(20_261_201);
    const small = [
      await picture().jpeg().toBuffer(),
      await picture().png().toBuffer(),
      await video(),
      ...made,
    ].filter(({ length }) => length > 100 && length < 300_000);
    const damaged = Array.from({ length: 457 - made.length }, () => damage(random.pick(small), random));
    const statuses: Record<number, number> = {};
    let isDone = false;
    const uploading = onAll([...made, ...damaged], async (file) => {
      const status = await upload(file);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }).finally(() => {
      isDone = true;
    });
    // Decoders that take too long are ended by the clock, which is five times as fast as the real time here.
    const tick = () => (isDone ? true : void app.clock.advance(500));
    await expect.poll(tick, { timeout: 170_000, interval: 100 }).toBe(true);
    await uploading;
    expect(
      Object.keys(statuses)
        .map(Number)
        .filter((status) => status >= 500),
    ).toEqual([]);
    expect(statuses[422]).toBeGreaterThan(100);
    expect(await incoming()).toEqual([]);
  });
});
