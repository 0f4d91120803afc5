// Limits on the memory of bodies that are being received.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bare, type BareServer, openBare } from '../bare-server.fixture.ts';
import { route } from '../contract/route.ts';
import { type BodyMemory, createBodyMemory } from './body-memory.ts';

const mib = 1024 * 1024;
let bare: Bare;
let server: BareServer;
let memory: BodyMemory;
const open: Socket[] = [];

const routes = [
  route({
    operationId: 'sendMuch',
    method: 'POST',
    path: '/v1/much',
    summary: 'Send much',
    tag: 'Much',
    scope: 'posts:write',
    body: z.strictObject({ text: z.string() }),
    bodyBytesMax: 16 * mib,
    data: z.object({ length: z.int() }),
    status: 200,
    refusals: [],
    handle: async ({ body }) => ({ data: { length: body.text.length } }),
  }),
];

beforeAll(async () => {
  bare = await openBare();
});
afterAll(() => bare.drop());
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await expect.poll(() => memory.heldBytes()).toBe(0);
});

async function serve(bytesMax?: number) {
  memory = createBodyMemory(bytesMax);
  server = await bare.serve(routes, { bodyMemory: memory });
}

interface Part {
  key: string;
  /** The Content-Length. Without it the body is chunked. */
  length?: number;
  bytes: number;
}

/** Sends a part of a body. Returns a promise of the response's status, which may never resolve. */
async function sendPart({ key, length, bytes }: Part): Promise<{ status: Promise<number> }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  open.push(socket);
  const answer = Promise.withResolvers<number>();
  socket.on('data', (data: Buffer) => answer.resolve(Number(data.toString('latin1').split(' ')[1])));
  socket.on('error', () => {}); // The server closes the connection while the body is sent.
  await once(socket, 'connect');
  const framing = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  socket.write(
    `POST /v1/much HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`,
  );
  if (length === undefined) socket.write(`${(16 * mib).toString(16)}\r\n`);
  socket.write(Buffer.alloc(bytes, ' '));
  return { status: answer.promise };
}

const isServed = async (key: string) =>
  (await server.call('POST', '/v1/much', { key, body: { text: 'x' } })).status;

test('two of 40 unfinished 15 MiB bodies of one key are read, and other keys are served', async () => {
  await serve();
  const parts = await Promise.all(
    Array.from({ length: 40 }, () => sendPart({ key: 'greedy', length: 15 * mib, bytes: 8 * mib })),
  );
  let refused = 0;
  for (const { status } of parts) {
    void status.then((code) => {
      expect(code).toBe(429);
      refused += 1;
    });
  }
  await expect.poll(() => [refused, memory.heldBytes()]).toEqual([38, 16 * mib]);
  expect(await isServed('another')).toBe(200);
  expect(await isServed('greedy')).toBe(200);
  const more = await fetch(`${server.url}/v1/much`, {
    method: 'POST',
    headers: { authorization: 'Bearer greedy', 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'x'.repeat(2 * mib) }),
  });
  expect([more.status, more.headers.get('retry-after')]).toEqual([429, '1']);
});

test('a body without a Content-Length counts as large when more than 1 MiB has arrived', async () => {
  await serve();
  const parts = [];
  for (let count = 0; count < 3; count += 1) parts.push(await sendPart({ key: 'greedy', bytes: 2 * mib }));
  expect(await Promise.race(parts.map(({ status }) => status))).toBe(429);
  await expect.poll(() => memory.heldBytes()).toBe(4 * mib);
});

test('small bodies of one key use at most a quarter of the memory, and all keys together all of it', async () => {
  await serve(16 * mib);
  const fill = (key: string) =>
    Promise.all(Array.from({ length: 4 }, () => sendPart({ key, length: mib, bytes: mib - 1 })));
  await fill('one');
  await expect.poll(() => memory.heldBytes()).toBe(4 * (mib - 1));
  const text = 'x'.repeat(100_000);
  const status = async (key: string) =>
    (await server.call('POST', '/v1/much', { key, body: { text } })).status;
  expect(await status('one')).toBe(429);
  expect(await status('two')).toBe(200);
  for (const key of ['two', 'three', 'four']) await fill(key);
  await expect.poll(() => memory.heldBytes()).toBe(16 * (mib - 1));
  const full = await server.call('POST', '/v1/much', { key: 'five', body: { text } });
  expect([full.status, full.body.error.code, full.headers.get('retry-after')]).toEqual([
    ...[503, 'SERVICE_UNAVAILABLE', '1'],
  ]);
});

test('bodies of one organization use at most half of the memory, independent of its number of keys', () => {
  memory = createBodyMemory(16 * mib);
  const shareOf = (id: string, organizationId: string) =>
    memory.open({ actor: { type: 'key', id, name: id }, organizationId, scopes: null, accountIds: null });
  const shares = ['a', 'b', 'c'].map((id) => shareOf(id, 'org'));
  for (const share of shares.slice(0, 2)) share.draw(4 * mib);
  expect(() => shares[2]?.draw(1)).toThrow('memory for request bodies');
  shareOf('d', 'other').draw(4 * mib);
  shares[0]?.release();
  shares[0]?.release();
  shares[2]?.draw(4 * mib);
  expect(memory.heldBytes()).toBe(12 * mib);
  memory = createBodyMemory();
});

test('the memory of a body is released with the response and when the body is refused', async () => {
  await serve();
  const text = 'x'.repeat(2 * mib);
  for (const body of [{ text }, { text, more: 1 }, `{"text": ${text}`]) {
    for (let count = 0; count < 3; count += 1) {
      expect((await server.call('POST', '/v1/much', { body })).status).not.toBe(429);
    }
    await expect.poll(() => memory.heldBytes()).toBe(0);
  }
});

test('a body that arrives byte by byte is read completely', async () => {
  await serve();
  const text = JSON.stringify({ text: 'ä'.repeat(2000) });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  open.push(socket);
  const bytes = Buffer.from(text);
  const chunks = Array.from(bytes, (byte) =>
    Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]),
  );
  socket.write(
    'POST /v1/much HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  socket.write(Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('"length":2000');
});
