import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bare, type BareServer, openBare } from '../bare-server.fixture.ts';
import { malformedJson } from '../contract/refusals.ts';
import { route } from '../contract/route.ts';
import { createOpenApi } from '../openapi/openapi.ts';

let bare: Bare;
let server: BareServer;

const definition = {
  method: 'POST',
  summary: 'Count lines',
  tag: 'Lines',
  sdk: 'lines.send',
  scope: 'posts:write',
  body: z.strictObject({ lines: z.array(z.string()).max(3) }),
  data: z.object({ count: z.int() }),
  status: 200,
  refusals: [],
  handle: async ({ body }: { body: { lines: string[] } }) => ({ data: { count: body.lines.length } }),
} as const;

const { body: _, ...withoutBody } = definition;

const routes = [
  route({
    ...definition,
    operationId: 'countLines',
    path: '/v1/lines',
    bodyBytesMax: 100,
    otherBodies: {
      'text/csv': (bytes) => {
        if (bytes.includes(0)) throw malformedJson([{ path: '', code: 'malformed', message: 'A NUL.' }]);
        return { lines: bytes.toString().split('\n') };
      },
      'application/x-ndjson': (bytes) => ({ lines: bytes.toString().trim().split('\n') }),
    },
  }),
  route({ ...definition, operationId: 'countJson', path: '/v1/json-lines' }),
  route({
    ...withoutBody,
    operationId: 'act',
    path: '/v1/act',
    data: z.object({ done: z.boolean() }),
    handle: async () => ({ data: { done: true } }),
  }),
];

beforeAll(async () => {
  bare = await openBare();
  server = await bare.serve(routes);
});
afterAll(() => bare.drop());

function post(path: string, contentType: string, body: string, headers: Record<string, string> = {}) {
  return server.call('POST', path, { body, headers: { 'content-type': contentType, ...headers } });
}

test('a route accepts the media types that it names, with any parameters, and its schema checks the parsed body', async () => {
  expect((await post('/v1/lines', 'text/csv', 'a\nb')).body.data).toEqual({ count: 2 });
  expect((await post('/v1/lines', 'Text/CSV; charset=utf-8', 'a\nb')).body.data).toEqual({ count: 2 });
  expect((await post('/v1/lines', 'application/x-ndjson', 'a\nb\nc\n')).body.data).toEqual({ count: 3 });
  expect((await post('/v1/lines', 'application/json', '{"lines":[]}')).body.data).toEqual({ count: 0 });
  const tooMany = await post('/v1/lines', 'text/csv', 'a\nb\nc\nd');
  expect([tooMany.status, tooMany.body.error.details[0].path]).toEqual([400, 'lines']);
});

test('invalid JSON, a wrong count and an unknown name are refused with the location of the problem', async () => {
  const first = (answer: { body: { error: { details: unknown[] } } }) => answer.body.error.details[0];
  expect(first(await post('/v1/json-lines', 'application/json', '{"lines": [],}'))).toEqual({
    path: '',
    code: 'malformed',
    message: 'Expected double-quoted property name in JSON at position 13 (line 1 column 14).',
  });
  const poisoned = await post('/v1/json-lines', 'application/json', '{"__proto__": {}}');
  expect(first(poisoned)).toMatchObject({
    code: 'malformed',
    message: expect.stringContaining('"__proto__"'),
  });
  const tooMany = await post('/v1/json-lines', 'application/json', '{"lines":["a","b","c","d"]}');
  expect(first(tooMany)).toMatchObject({ message: 'At most 3 entries; this has 4.' });
  const far = await post('/v1/json-lines', 'application/json', '{"lines":[],"foo":1}');
  expect(first(far)).toMatchObject({ message: 'There is no field "foo".' });
  const query = await server.call('POST', '/v1/json-lines?foo=1', { body: '{"lines":[]}' });
  expect(first(query)).toMatchObject({ message: 'There is no parameter "foo".' });
});

test('a refusal of the parser is answered, and the size limit applies to every media type', async () => {
  expect((await post('/v1/lines', 'text/csv', 'a\0')).body.error.details[0].message).toBe('A NUL.');
  expect((await post('/v1/lines', 'text/csv', 'x'.repeat(101))).status).toBe(413);
});

test('the refusal of another media type lists those that the route accepts', async () => {
  for (const type of ['text/plain', 'application/xml', 'text/csvx', 'multipart/form-data', 'nonsense']) {
    const answer = await post('/v1/lines', type, 'a');
    expect([type, answer.status, answer.body.error.code]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(answer.body.error.details[0].message).toBe(
      'Send the body as application/json or text/csv or application/x-ndjson.',
    );
  }
  const json = await post('/v1/json-lines', 'text/csv', 'a');
  expect([json.status, json.body.error.details[0].message]).toEqual([
    415,
    'Send the body as application/json.',
  ]);
});

/** Sends a body with a framing that `fetch` would not use. Returns the status. */
async function rawPost(path: string, headers: string, body: string): Promise<number> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.end(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nConnection: close\r\n${headers}\r\n\r\n${body}`,
  );
  const answer = await text(socket);
  return Number(answer.split(' ')[1]);
}

const chunked = 'Transfer-Encoding: chunked';
const length = (bytes: number) => `Content-Length: ${bytes}`;

test.each([
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/csv',
  'multipart/form-data; boundary=x',
  'application/json',
  'application/octet-stream',
  'nonsense',
  '',
])('the Content-Type "%s" is ignored for an empty body and refused with a body', async (type) => {
  const typed = `Content-Type: ${type}\r\n`;
  expect(await rawPost('/v1/act', `${typed}${length(0)}`, '')).toBe(200);
  expect(await rawPost('/v1/act', `${typed}${chunked}`, '0\r\n\r\n')).toBe(200);
  const refused = type === 'application/json' ? 400 : 415;
  expect(await rawPost('/v1/act', `${typed}${length(3)}`, 'a=1')).toBe(refused);
  expect(await rawPost('/v1/act', `${typed}${chunked}`, '3\r\na=1\r\n0\r\n\r\n')).toBe(refused);
  // A route with a required body refuses the missing body, not the type.
  expect(await rawPost('/v1/lines', `${typed}${length(0)}`, '')).toBe(400);
});

test.each(['gzip', 'br', 'GZIP, br'])(
  'a body with the Content-Encoding %s is refused by name',
  async (encoding) => {
    const answer = await post('/v1/lines', 'text/csv', 'a', { 'content-encoding': encoding });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([415, 'content_encoding']);
    expect(answer.body.error.details[0].message).toContain(encoding.toLowerCase());
    expect((await post('/v1/lines', 'text/csv', 'a', { 'content-encoding': 'identity' })).status).toBe(200);
  },
);

test('a client that disconnects during its body is not logged as a bug', async () => {
  const seen = bare.logLines.length;
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    `POST /v1/lines HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\nContent-Type: application/json\r\n${length(90)}\r\n\r\n{"lines"`,
  );
  await expect
    .poll(() => server.call('GET', '/health', { key: null }).then(({ status }) => status))
    .toBe(200);
  socket.end();
  const lines = () => bare.logLines.slice(seen).map(({ msg }) => msg);
  await expect.poll(lines).toContain('a request was cut off');
  expect((await server.call('GET', '/health', { key: null })).status).toBe(200);
  expect(lines()).not.toContain('bug');
});

test('a path without a route is answered with 404, independent of the body', async () => {
  for (const type of ['text/csv', 'text/plain', 'application/json']) {
    expect((await post('/v1/none', type, 'a')).status).toBe(404);
  }
});

test('an Idempotency-Key with a different CSV body is refused', async () => {
  const headers = { 'idempotency-key': 'lines' };
  expect((await post('/v1/lines', 'text/csv', 'a', headers)).status).toBe(200);
  expect((await post('/v1/lines', 'text/csv', 'a', headers)).headers.get('idempotent-replayed')).toBe('true');
  expect((await post('/v1/lines', 'text/csv', 'b', headers)).status).toBe(422);
});

test('the OpenAPI document names every media type of a route', () => {
  const document = createOpenApi({
    routes,
    system: {},
    info: { version: '1', url: 'http://pintail.test' },
    examples: {},
    detailCodes: [],
  });
  expect(document.paths?.['/v1/lines']?.post?.requestBody).toMatchObject({
    content: { 'application/json': {}, 'text/csv': {}, 'application/x-ndjson': {} },
  });
});
