// The outcome of POST /pins when the network and the server misbehave, over real sockets.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { type CreatePinBody, createPinterest, type Pinterest } from '../index.ts';
import {
  captureLog,
  createTestClock,
  type RawAnswer,
  type RawServer,
  respond,
  startRawServer,
} from '../test-server.fixture.ts';

const body: CreatePinBody = {
  boardId: '549755885175',
  title: 'A title',
  source: { type: 'image_base64', contentType: 'image/png', bytes: Buffer.from('hello') },
};
const pinId = '999658448514149467';
const clock = createTestClock();

let server: RawServer | undefined;
let pinterest: Pinterest | undefined;

afterEach(async () => {
  await pinterest?.close();
  await server?.close();
  expect(clock.timers()).toBe(0);
});

async function setUp(answer: RawAnswer, connectionsMax = 10) {
  server = await startRawServer(answer);
  const options = { apiUrl: server.apiUrl, clock, log: captureLog().log, connectionsMax };
  pinterest = createPinterest(options);
  return { server, pinterest };
}

/** Returns the outcome against a server with this answer, and checks that it received one request. */
async function outcomeWith(answer: RawAnswer) {
  const { pinterest, server } = await setUp(answer);
  const outcome = await pinterest.createPin('pina_token', body);
  expect(server.requests.length).toBe(1);
  return outcome;
}

test('a 201 makes a Pin known, its id unharmed and its zoneless time read as UTC', async () => {
  const media = { media_type: 'image', images: { originals: { url: 'https://x' } } };
  const outcome = await outcomeWith(
    respond(
      201,
      `{"id": ${pinId}, "created_at": "2026-03-01T12:00:01", "media": ${JSON.stringify(media)},
      "creative_type": "BRAND_NEW", "is_owner": true, "title": 7, "unknown": {"a": 1}}`,
    ),
  );
  expect(outcome).toMatchObject({
    kind: 'created',
    pin: {
      id: pinId,
      createdAt: new Date('2026-03-01T12:00:01Z'),
      mediaKind: 'image',
      isOwner: true,
      title: null,
    },
    call: { status: 201, pinterestCode: null },
  });
});

test('a 200 instead of a 201 is a success too', async () => {
  expect(await outcomeWith(respond(200, { id: pinId }))).toMatchObject({
    kind: 'created',
    pin: { id: pinId },
  });
});

test.each<[string, RawAnswer]>([
  ['a 201 without a body', respond(201, '')],
  ['a 201 without an id', respond(201, { title: 'A title' })],
  ['a 201 with a null id', respond(201, { id: null })],
  ['a 201 that is not JSON', respond(201, '<html>')],
  ['an empty 500', respond(500, '')],
  ['an HTML 502', respond(502, '<html><body>Bad gateway</body></html>')],
  ['a 500 with code 2787', respond(500, { code: 2787, message: 'Sorry! Something went wrong on our end.' })],
  ['an HTML 404', respond(404, '<html>')],
  ['a reset before the answer', (socket) => socket.resetAndDestroy()],
  ['a close before the answer', (socket) => socket.end()],
  ['half a status line', (socket) => socket.end('HTTP/1.1 2')],
  ['no HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
  [
    'a 201 cut in the middle',
    (socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{"id":"1"'),
  ],
  [
    'a chunked 201 cut after the JSON',
    (socket) => socket.end('HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"id":"12"}\r\n'),
  ],
  [
    'a 201 reset in the middle',
    (socket) => {
      socket.write('HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{"id":"1"', () =>
        socket.resetAndDestroy(),
      );
    },
  ],
  ['a redirect', respond(307, '', { location: '/v5/pins' })],
  ['an answer of 9 MB, cut at 8', respond(201, { id: pinId, title: 'x'.repeat(9 << 20) })],
])('%s is lost, and nothing is sent twice', async (_name, answer) => {
  const outcome = await outcomeWith(answer);
  expect(outcome).toMatchObject({ kind: 'lost', failure: { retryable: false } });
});

test('a 201 that ends after any byte but its last is lost', async () => {
  const answer = `HTTP/1.1 201 Created\r\ncontent-length: 14\r\n\r\n{"id":"12345"}`.slice(0, -1);
  let length = 0;
  const { pinterest } = await setUp((socket) => socket.end(answer.slice(0, length)));
  for (; length <= answer.length; length += 1) {
    const { kind } = await pinterest.createPin('pina_token', body);
    expect([length, kind]).toEqual([length, 'lost']);
  }
});

test('a redirect is not followed', async () => {
  const outcome = await outcomeWith(respond(308, '', { location: '/v5/elsewhere' }));
  expect(outcome).toMatchObject({ kind: 'lost', failure: { reason: 'redirected' }, call: { status: 308 } });
});

test('an interim 103 is not taken for the answer', async () => {
  const outcome = await outcomeWith((socket, request) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
    respond(201, { id: pinId })(socket, request);
  });
  expect(outcome.kind).toBe('created');
});

test('a connection that ends after a 103 was never answered', async () => {
  const outcome = await outcomeWith((socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'));
  expect(outcome).toMatchObject({ kind: 'lost', failure: { reason: 'answer_lost' }, call: { status: null } });
});

test('an answer that comes after the time limit is lost, and the call ends at the limit', async () => {
  const { pinterest, server } = await setUp(() => {});
  const pending = pinterest.createPin('pina_token', body);
  await server.received(1);
  clock.advance(29_999);
  clock.advance(1);
  expect(await pending).toMatchObject({
    kind: 'lost',
    failure: { reason: 'answer_lost' },
    call: { status: null, durationMs: 30_000 },
  });
});

test('a body that stops coming ends at the time limit too', async () => {
  const { pinterest, server } = await setUp((socket) => {
    socket.write('HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{"id":"1"');
  });
  const pending = pinterest.createPin('pina_token', body);
  await server.received(1);
  clock.advance(60_000);
  expect((await pending).kind).toBe('lost');
});

test('a refused connection is postponed: nothing was sent', async () => {
  const port = await refusingPort();
  pinterest = createPinterest({ apiUrl: `http://127.0.0.1:${port}/v5`, clock, log: captureLog().log });
  expect(await pinterest.createPin('pina_token', body)).toMatchObject({
    kind: 'postponed',
    failure: { reason: 'connection_failed', retryable: true, scope: 'app' },
    call: { status: null },
  });
});

test('a name without an address is postponed', async () => {
  pinterest = createPinterest({ apiUrl: 'http://pinterest.invalid/v5', clock, log: captureLog().log });
  expect((await pinterest.createPin('pina_token', body)).kind).toBe('postponed');
});

test('a TLS handshake that fails is postponed', async () => {
  const plain = createServer((socket) => socket.resume().end('no TLS here'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const address = plain.address();
  const port = typeof address === 'object' ? address?.port : 0;
  pinterest = createPinterest({ apiUrl: `https://127.0.0.1:${port}/v5`, clock, log: captureLog().log });
  expect((await pinterest.createPin('pina_token', body)).kind).toBe('postponed');
  await new Promise((resolve) => plain.close(resolve));
});

test('a create that gave up while it waited for a connection was not sent and never will be', async () => {
  const held: (() => void)[] = [];
  const { pinterest, server } = await setUp((socket, request) => {
    held.push(() => respond(201, { id: pinId })(socket, request));
  }, 1);
  const first = pinterest.createPin('pina_token', { ...body, title: 'first' });
  await server.received(1);
  clock.advance(20_000);
  const second = pinterest.createPin('pina_token', { ...body, title: 'second' });
  const third = pinterest.createPin('pina_token', { ...body, title: 'third' });
  held[0]?.();
  expect((await first).kind).toBe('created');
  await server.received(2);
  clock.advance(30_000);
  expect((await second).kind).toBe('lost');
  expect(await third).toMatchObject({ kind: 'postponed', failure: { reason: 'connection_failed' } });

  const fourth = pinterest.createPin('pina_token', { ...body, title: 'fourth' });
  await server.received(3);
  held[2]?.();
  expect((await fourth).kind).toBe('created');
  expect(server.requests.map((request) => JSON.parse(request.body).title)).toEqual([
    'first',
    'second',
    'fourth',
  ]);
});

test('creates that follow each other within a second share connections', async () => {
  const { pinterest, server } = await setUp(respond(201, { id: pinId }));
  for (let count = 1; count <= 10; count += 1) await pinterest.createPin('pina_token', body);
  expect(server.requests.length).toBe(10);
  // A connection is free for the next request a moment after the answer.
  expect(server.connections).toBeLessThanOrEqual(2);
});

test('a create on a connection that the server then closes is lost, and not sent again', async () => {
  const used = new WeakSet<object>();
  const { pinterest, server } = await setUp((socket, request) => {
    if (used.has(socket)) socket.resetAndDestroy();
    else respond(201, { id: pinId })(socket, request);
    used.add(socket);
  });
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'lost') outcomes.push((await pinterest.createPin('pina_token', body)).kind);
  expect(server.requests.length).toBe(outcomes.length);
});

test('a create after the server has closed the idle connection gets a new one', async () => {
  const closed: Promise<unknown>[] = [];
  const { pinterest, server } = await setUp((socket, request) => {
    closed.push(once(socket, 'close'));
    respond(201, { id: pinId })(socket, request);
    socket.end();
  });
  expect((await pinterest.createPin('pina_token', body)).kind).toBe('created');
  await closed[0];
  expect((await pinterest.createPin('pina_token', body)).kind).toBe('created');
  expect([server.requests.length, server.connections]).toEqual([2, 2]);
});

test('closing cuts what is under way: sent is lost, not sent is postponed', async () => {
  const { pinterest, server } = await setUp(() => {}, 1);
  const sent = pinterest.createPin('pina_token', body);
  await server.received(1);
  const waiting = pinterest.createPin('pina_token', body);
  await pinterest.close();
  expect((await sent).kind).toBe('lost');
  expect((await waiting).kind).toBe('postponed');
  expect((await pinterest.createPin('pina_token', body)).kind).toBe('postponed');
});

test('a big image has more time than a small one', async () => {
  const { pinterest, server } = await setUp(() => {});
  const bytes = Buffer.alloc(3 << 18);
  const source = { type: 'image_base64', contentType: 'image/png', bytes } as const;
  const pending = pinterest.createPin('pina_token', { ...body, source });
  await server.received(1);
  clock.advance(33_000);
  expect(clock.timers()).toBe(1);
  clock.advance(5_000);
  expect((await pending).kind).toBe('lost');
});

test.each<[string, Partial<CreatePinBody>]>([
  ['a board id that is not digits', { boardId: 'abc' }],
  ['a section id that would change the path', { boardSectionId: '1/../2' }],
  [
    'an empty picture',
    { source: { type: 'image_base64', contentType: 'image/png', bytes: new Uint8Array() } },
  ],
  [
    'a carousel of one',
    { source: { type: 'multiple_image_urls', items: [{ url: 'https://x.test/1.jpg' }] } },
  ],
  ['an image address that is not http', { source: { type: 'image_url', url: 'file:///etc/passwd' } }],
])('%s is refused before anything is sent', async (_name, change) => {
  const { pinterest, server } = await setUp(respond(201, { id: pinId }));
  const outcome = await pinterest.createPin('pina_token', { ...body, ...change });
  expect(outcome).toMatchObject({
    kind: 'refused',
    failure: { reason: 'invalid_request' },
    call: { status: null },
  });
  expect(server.requests).toEqual([]);
});

/** A port that refuses connections, and that nobody else is given: that of a client's end of a connection. */
async function refusingPort(): Promise<number> {
  const acceptor = createServer().listen(0, '127.0.0.1');
  await once(acceptor, 'listening');
  const client = connect((acceptor.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  onTestFinished(() => {
    client.destroy();
    acceptor.close();
  });
  return client.localPort ?? 0;
}
