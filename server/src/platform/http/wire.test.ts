// Tests of malformed requests and connections.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bare, type BareServer, openBare } from './bare-server.fixture.ts';
import { route } from './contract/route.ts';

let bare: Bare;
let server: BareServer;

const routes = [
  route({
    operationId: 'makeThing',
    method: 'POST',
    path: '/v1/things',
    summary: 'Make',
    tag: 'Things',
    scope: 'posts:write',
    body: z.strictObject({ name: z.string() }),
    data: z.object({ name: z.string() }),
    status: 201,
    refusals: [],
    handle: async ({ body }) => ({ data: { name: body.name } }),
  }),
];

beforeAll(async () => {
  bare = await openBare();
  server = await bare.serve(routes);
});
afterAll(() => bare.drop());

async function open(to = server): Promise<Socket> {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Reads the response until the server closes the connection. */
async function readAll(socket: Socket) {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  return { head: head.toLowerCase(), status: Number(head.split(' ')[1]), body: body && JSON.parse(body) };
}

async function send(text: string) {
  const socket = await open();
  socket.write(text);
  return readAll(socket);
}

const head =
  'POST /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Type: application/json\r\n';

test.each([
  ['a text that is not HTTP', 'hello\r\n\r\n', 400],
  ['an invalid method', 'P@ST / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a header without a colon', 'GET / HTTP/1.1\r\nHost x\r\n\r\n', 400],
  ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
  ['a length and chunks', `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a negative length', `${head}Content-Length: -1\r\n\r\n`, 400],
  ['an invalid chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['headers of 20 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a URL of 20 KiB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
])('%s is answered in the envelope, and the connection is closed', async (_name, text, status) => {
  const answer = await send(text);
  expect([answer.status, answer.body.error.code]).toEqual([status, 'BAD_REQUEST']);
  expect(answer.head).toContain(`x-request-id: ${answer.body.meta.requestId}`);
  expect(answer.body.meta.requestId).toMatch(/^req_[0-9a-z]{26}$/);
});

test('a connection whose headers do not arrive in time, or that sends nothing, is closed with 408', async () => {
  const hasty = await bare.serve(routes, { headersMsMax: 50, checkEveryMs: 20 });
  for (const text of ['', 'GET /v1/things HTTP/1.1\r\nHost:']) {
    const socket = await open(hasty);
    socket.write(text);
    const answer = await readAll(socket);
    expect([text, answer.status, answer.body.error?.code]).toEqual([text, 408, 'BAD_REQUEST']);
  }
});

test('a request whose body takes more than a minute is closed with 408, and one in time is served', async () => {
  const [slow, quick] = [await open(), await open()];
  const seen = bare.logLines.length;
  for (const socket of [slow, quick])
    socket.write(`${head}Connection: close\r\nContent-Length: 14\r\n\r\n{"na`);
  // This request is answered after the server has read both partial bodies.
  await expect
    .poll(() => server.call('GET', '/health', { key: null }).then(({ status }) => status))
    .toBe(200);
  bare.clock.advance(55_000);
  quick.write('me":"ink"}');
  expect((await readAll(quick)).status).toBe(201);
  bare.clock.advance(10_000);
  expect((await readAll(slow)).status).toBe(408);
  expect(bare.logLines.slice(seen).map(({ msg }) => msg)).toContain('a request was cut off');
});

test('only pages of configured origins can call the API', async () => {
  const origin = 'https://app.example.com';
  const preflight = { origin, 'access-control-request-method': 'POST' };
  const closed = await server.call('OPTIONS', '/v1/things', { headers: preflight });
  expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([405, null]);

  const opened = await bare.serve(routes, { corsOrigins: [origin], requestsMax: 1 });
  const before = await opened.call('OPTIONS', '/v1/things', { key: null, headers: preflight });
  expect([before.status, before.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  expect(before.headers.get('access-control-allow-methods')).toContain('PATCH');
  const answers = [
    await opened.call('POST', '/v1/things', { body: { name: 'ink' }, headers: { origin } }),
    await opened.call('POST', '/v1/things', { key: null, headers: { origin } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 401]);
  for (const { headers } of answers) {
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')).toContain('X-RateLimit-Remaining');
  }
  const stranger = await opened.call('POST', '/v1/things', {
    body: { name: 'ink' },
    headers: { origin: 'https://evil.example' },
  });
  expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
});
