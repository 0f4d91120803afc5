// Getting and renewing tokens: nothing is sent twice, nothing is assumed that Pinterest did not say.
import { afterEach, describe, expect, test } from 'vitest';
import { authorizeUrl, createPinterest, type Pinterest } from '../index.ts';
import {
  captureLog,
  createTestClock,
  type RawAnswer,
  type RawServer,
  respond,
  startRawServer,
} from '../test-server.fixture.ts';

const app = { appId: '1234567', appSecret: 'the app’s secret' };
const grant = { code: 'planted-code', redirectUri: 'https://pins.example/back' };
const clock = createTestClock();
const afterSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000);
const full = {
  access_token: 'pina_new',
  token_type: 'bearer',
  expires_in: 2_592_000,
  scope: 'boards:read boards:write,pins:read',
  refresh_token: 'pinr.new',
  refresh_token_expires_in: 5_184_000,
  refresh_token_expires_at: 1_893_456_000,
};

let server: RawServer | undefined;
let pinterest: Pinterest | undefined;
let log = captureLog();

afterEach(async () => {
  await pinterest?.close();
  await server?.close();
});

async function setUp(answer: RawAnswer) {
  server = await startRawServer(answer);
  log = captureLog();
  pinterest = createPinterest({ apiUrl: server.apiUrl, clock, log: log.log });
  return { server, pinterest };
}

test('the authorize page is asked for exactly these scopes, with the redirect to the letter', () => {
  const url = authorizeUrl('https://www.pinterest.com/oauth/', {
    appId: '1234567',
    redirectUri: 'https://pins.example/back?x=1',
    scopes: ['boards:read', 'pins:write'],
    state: 'a+b/c=',
  });
  const { searchParams } = new URL(url);
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: '1234567',
    redirect_uri: 'https://pins.example/back?x=1',
    response_type: 'code',
    scope: 'boards:read,pins:write',
    state: 'a+b/c=',
  });
});

describe('exchange and refresh', () => {
  test('a code is exchanged with the app’s credentials, and expiries count from before it was sent', async () => {
    const { pinterest, server } = await setUp(respond(200, full));
    expect(await pinterest.exchangeCode(app, grant)).toMatchObject({
      kind: 'ok',
      value: {
        accessToken: 'pina_new',
        accessTokenExpiresAt: afterSeconds(2_592_000),
        refreshToken: 'pinr.new',
        refreshTokenExpiresAt: afterSeconds(5_184_000),
        scopes: ['boards:read', 'boards:write', 'pins:read'],
      },
    });
    const [request] = server.requests;
    const basic = Buffer.from('1234567:the app’s secret').toString('base64');
    expect(request).toMatchObject({ path: '/v5/oauth/token', headers: { authorization: `Basic ${basic}` } });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'authorization_code',
      code: 'planted-code',
      redirect_uri: 'https://pins.example/back',
      continuous_refresh: 'true',
    });
  });

  test('only the access token has to be in the answer (scope may be missing by 5.28)', async () => {
    const { pinterest } = await setUp(respond(201, { access_token: 'pina_new', expires_in: 0 }));
    expect(await pinterest.refreshTokens(app, 'pinr.old')).toMatchObject({
      kind: 'ok',
      value: {
        accessToken: 'pina_new',
        accessTokenExpiresAt: null,
        refreshToken: null,
        refreshTokenExpiresAt: null,
        scopes: null,
      },
    });
  });

  test('the moment of expiry is taken where the number of seconds is missing', async () => {
    const { refresh_token_expires_in, ...rest } = full;
    const { pinterest } = await setUp(respond(200, rest));
    const answer = await pinterest.refreshTokens(app, 'pinr.old');
    expect(answer.kind === 'ok' && answer.value.refreshTokenExpiresAt).toEqual(
      new Date('2030-01-01T00:00:00Z'),
    );
  });

  test('a response without an access token is a failure', async () => {
    const { pinterest } = await setUp(respond(200, { token_type: 'bearer' }));
    expect((await pinterest.refreshTokens(app, 'pinr.old')).kind).toBe('failed');
  });

  test.each([
    [400, { code: 1, message: 'Invalid parameters.' }, 'grant_invalid', false],
    [400, { code: 283, message: 'Authorization grant invalid' }, 'grant_invalid', false],
    [401, { code: 2, message: 'Authentication failed.' }, 'grant_invalid', false],
    [401, { code: 3, message: 'consumer type is not supported' }, 'app_not_approved', false],
    [429, { code: 8, message: 'Rate limit.' }, 'rate_limited', true],
  ])('%i %j is %s', async (status, body, reason, retryable) => {
    const { pinterest } = await setUp(respond(status, body));
    const answer = await pinterest.refreshTokens(app, 'pinr.old');
    expect(answer).toMatchObject({ kind: 'failed', failure: { reason, retryable } });
  });

  test('a lost refresh may be tried again with the same token; a lost exchange may not: a code works once', async () => {
    const { pinterest, server } = await setUp((socket) => socket.resetAndDestroy());
    expect(await pinterest.refreshTokens(app, 'pinr.old')).toMatchObject({
      failure: { reason: 'answer_lost', retryable: true },
    });
    expect(await pinterest.exchangeCode(app, grant)).toMatchObject({
      failure: { reason: 'answer_lost', retryable: false },
    });
    expect(server.requests.length).toBe(2);
  });

  test('the token address may be another one', async () => {
    server = await startRawServer(respond(200, full));
    pinterest = createPinterest({
      apiUrl: 'http://127.0.0.1:1/v5',
      tokenUrl: `${server.url}/elsewhere/token`,
      clock,
      log: log.log,
    });
    expect((await pinterest.refreshTokens(app, 'pinr.old')).kind).toBe('ok');
    expect(server.requests[0]?.path).toBe('/elsewhere/token');
  });

  test.each([400, 401, 500, 200])('no secret shows when a %i repeats them all', async (status) => {
    const secrets = ['planted-refresh', 'planted-code', app.appSecret];
    const { pinterest } = await setUp(respond(status, { code: 1, message: secrets.join(' and ') }));
    const answers = [
      await pinterest.refreshTokens(app, 'planted-refresh'),
      await pinterest.exchangeCode(app, grant),
    ];
    expect(log.text()).toContain('refreshTokens');
    for (const [index, secret] of secrets.entries()) {
      // A call knows its own secrets only: the code does not belong to the refresh, nor the other way round.
      const own = index === 1 ? [answers[1]] : index === 0 ? [answers[0]] : answers;
      expect(JSON.stringify(own)).not.toContain(secret);
    }
    expect(log.text()).not.toContain(app.appSecret);
  });
});
