// No token, app secret or image ever shows in a log line, an outcome or an error, whatever Pinterest answers.
import { afterEach, expect, test } from 'vitest';
import { createPinterest, type Pinterest } from './index.ts';
import {
  captureLog,
  createTestClock,
  type RawAnswer,
  type RawServer,
  respond,
  startRawServer,
} from './test-server.fixture.ts';

/** Does not look like a token, so that it can be hidden only as a known secret. */
const token = 'sesame-open.planted';
const image = Buffer.from('planted'.repeat(20));
const echo = `Token ${token}, header Bearer ${token}, data ${image}, other pina_ABCDEF123`;
const planted = [token, image.toString('base64').slice(0, 100), 'pina_ABCDEF123'];

let server: RawServer | undefined;
let pinterest: Pinterest | undefined;

afterEach(async () => {
  await pinterest?.close();
  await server?.close();
});

const answers: [string, RawAnswer][] = [
  ['repeats it in a refusal', respond(400, { code: 1, message: echo }, { 'x-pinterest-rid': token })],
  ['repeats it in a 401', respond(401, { code: 2, message: echo, message_detail: echo })],
  ['repeats it in a 500', respond(500, { code: 2787, message: echo })],
  ['repeats it in HTML', respond(502, `<html>${echo}</html>`)],
  ['repeats it in broken HTTP', (socket) => socket.end(`HTTP/9 ${echo}\r\n\r\n`)],
  ['repeats it in a redirect', respond(302, '', { location: `/?token=${token}` })],
  ['cuts the connection', (socket) => socket.resetAndDestroy()],
  ['accepts it', respond(201, { id: '1' })],
];

test.each(answers)('a Pinterest that %s', async (_name, answer) => {
  server = await startRawServer(answer);
  const { log, text } = captureLog();
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock: createTestClock(), log });
  const source = { type: 'image_base64', contentType: 'image/png', bytes: image } as const;
  const results = [
    await pinterest.createPin(token, { boardId: '1', source }),
    await pinterest.listBoards(token),
    await pinterest.getPin(token, '1'),
  ];
  // The request must contain the secret, or this test would prove nothing.
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  expect(text()).toContain('createPin');
  for (const secret of planted) {
    expect(text()).not.toContain(secret);
    expect(JSON.stringify(results)).not.toContain(secret);
  }
});

test('a token that cannot be a header is not sent, and not repeated in an error', async () => {
  server = await startRawServer(respond(200, {}));
  const { log, text } = captureLog();
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock: createTestClock(), log });
  const odd = 'planted\r\nx-evil: 1';
  const answer = await pinterest.getUserAccount(odd);
  expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'token_invalid' } });
  expect(JSON.stringify(answer) + text()).not.toContain('planted');
  expect(server.requests).toEqual([]);
});
