// Connecting accounts through the consent page and with tokens, and refreshing the tokens.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type Json, plainGrant, type TestApp, testApp } from '../../../test/app.ts';
import { eventually } from '../../../test/eventually.ts';
import { errorLevel } from '../../../test/log.ts';
import { callbackPath } from './index.ts';

let app: TestApp;
/** Pinterest's ids, by user name. */
const userIds = new Map<string, string>();
const redirectUri = `http://pintail.test${callbackPath}`;

beforeAll(async () => {
  app = await createTestApp();
  const seeded = (await app.control('POST', '/seed', {
    apps: [{ clientId: testApp.appId, clientSecret: testApp.appSecret, redirectUris: [redirectUri] }],
    accounts: [
      { username: 'gardener', boards: [{ name: 'Garden' }] },
      { username: 'somebody_else', boards: [] },
    ],
  })) as { accounts: { username: string; id: string }[] };
  for (const { username, id } of seeded.accounts) userIds.set(username, id);
});
afterEach(() => app.clearFaults());
afterAll(() => app.stop());

const hourMs = 3600_000;
const dayMs = 24 * hourMs;

/** Acts as the owner's browser: accepts or declines on the simulator's page, and follows the redirect to us. */
async function consent(url: string, { username = 'gardener', decision = 'allow' } = {}) {
  const consentUrl = new URL(url);
  const form = new URLSearchParams({
    ...Object.fromEntries(consentUrl.searchParams),
    account: userIds.get(username) ?? '',
    decision,
  });
  const answer = await fetch(consentUrl.origin + consentUrl.pathname, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const back = new URL(answer.headers.get('location') ?? '');
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri);
  return back.search;
}

const callBack = async (query: string) => {
  const answer = await fetch(`${app.url}${callbackPath}${query}`);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

const start = (body?: Json) => app.call('POST', '/v1/accounts/connect', body);
const list = async () => (await app.call('GET', '/v1/accounts')).body.data.accounts as Json[];

async function connectGardener(): Promise<string> {
  await callBack(await consent((await start()).body.data.url));
  const gardener = (await list()).find((account) => account.username === 'gardener');
  return String(gardener?.id);
}

async function storedRow(id: string) {
  return app.database.db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

describe('connecting through the consent page', () => {
  test('the consent URL has the app, the scopes and a state, and accepting it connects the account', async () => {
    const { status, body } = await start();
    expect(status).toBe(200);
    expect(body.data.expiresAt).toBe(app.clock.now().getTime() / 1000 + 600);
    const url = new URL(body.data.url);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: testApp.appId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'boards:read,boards:write,pins:read,pins:write,user_accounts:read',
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    const page = await callBack(await consent(body.data.url));
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('gardener is connected') });
    expect(page.type).toContain('text/html');
    expect(await list()).toMatchObject([{ username: 'gardener', tokenAuthorized: true, tokenStatus: 'ok' }]);
  });

  test('a state works once', async () => {
    const query = await consent((await start()).body.data.url);
    expect((await callBack(query)).status).toBe(200);
    expect(await callBack(query)).toMatchObject({
      status: 400,
      text: expect.stringContaining('already completed'),
    });
  });

  test('a state expires after ten minutes', async () => {
    const query = await consent((await start()).body.data.url);
    app.clock.advance(10 * 60_000);
    expect((await callBack(query)).status).toBe(400);
  });

  test.each(['', '?state=x&code=y', '?code=y', '?state=a&state=b&code=y', `?state=${'x'.repeat(5000)}`])(
    'a callback with an invalid query is refused: %s',
    async (query) => {
      expect(await callBack(query)).toMatchObject({
        status: 400,
        text: expect.stringContaining('Not connected'),
      });
    },
  );

  test('declining shows that the connection was declined, and uses up the state', async () => {
    const query = await consent((await start()).body.data.url, { decision: 'decline' });
    expect(await callBack(query)).toMatchObject({
      status: 400,
      text: expect.stringContaining('declined on Pinterest'),
    });
    const state = new URLSearchParams(query).get('state');
    expect((await callBack(`?state=${state}&code=x`)).status).toBe(400);
  });

  test('re-authorizing accepts the same Pinterest user and refuses any other', async () => {
    const id = await connectGardener();
    const before = await storedRow(id);
    const wrong = await consent((await start({ accountId: id })).body.data.url, {
      username: 'somebody_else',
    });
    expect(await callBack(wrong)).toMatchObject({
      status: 400,
      text: expect.stringContaining('somebody_else'),
    });
    expect(await storedRow(id)).toEqual(before);
    expect(await list()).toHaveLength(1);
    const right = await consent((await start({ accountId: id })).body.data.url);
    expect((await callBack(right)).status).toBe(200);
    expect((await storedRow(id)).access_token).not.toEqual(before.access_token);
  });

  test("another tenant's account cannot be re-authorized", async () => {
    const id = await connectGardener();
    const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
    const answer = await app.call('POST', '/v1/accounts/connect', { accountId: id }, stranger);
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Account not found']);
  });

  test('connecting in an environment without a Pinterest app is refused with 409', async () => {
    const answer = await start({ environment: 'production' });
    expect([answer.status, answer.body.error.code]).toEqual([409, 'CONFLICT']);
  });
});

describe('connecting with tokens', () => {
  test('a valid token connects the account, and another token of the same user replaces it', async () => {
    await app.control('POST', '/seed', {
      accounts: [
        { username: 'by_token', tokens: [{ accessToken: 'pina_one' }, { accessToken: 'pina_two' }] },
      ],
    });
    const first = await app.call('POST', '/v1/accounts', { accessToken: 'pina_one' });
    expect(first.status).toBe(201);
    expect(first.body.data.account).toMatchObject({ username: 'by_token', environment: 'simulator' });
    const second = await app.call('POST', '/v1/accounts', { accessToken: 'pina_two' });
    expect(second.body.data.account.id).toBe(first.body.data.account.id);
    const read = await app.call('GET', `/v1/accounts/${first.body.data.account.id}`);
    expect(read.body.data).toEqual(second.body.data);
  });

  test('a token that Pinterest does not accept is refused, and is not in the response', async () => {
    const answer = await app.call('POST', '/v1/accounts', { accessToken: 'pina_unknown' });
    expect([answer.status, answer.body.error.details[0].code]).toEqual([422, 'token_invalid']);
    expect(JSON.stringify(answer.body)).not.toContain('pina_unknown');
  });

  test('tokens are encrypted in the database, and appear in no response, event or log line', async () => {
    const id = await connectGardener();
    const token = app.app.accounts.accessToken(await storedRow(id)) ?? '';
    expect(token).toMatch(/^pina_/);
    const everything = JSON.stringify([
      await app.database.db.selectFrom('accounts').selectAll().execute(),
      await app.database.db.selectFrom('events').selectAll().execute(),
      await list(),
      app.logLines,
    ]);
    expect(everything).not.toContain(token);
    expect((await storedRow(id)).access_token?.includes(token)).toBe(false);
  });
});

describe('refreshing tokens', () => {
  test('tokens are refreshed after 20 days, also when they are not used, and work', async () => {
    const id = await connectGardener();
    const before = await storedRow(id);
    app.clock.advance(20 * dayMs - 60_000);
    await app.app.accounts.refreshDueTokens();
    expect((await storedRow(id)).access_token).toEqual(before.access_token);
    app.clock.advance(60_000);
    await app.app.accounts.refreshDueTokens();
    const after = await storedRow(id);
    expect(after.access_token).not.toEqual(before.access_token);
    expect(after.refresh_token).not.toEqual(before.refresh_token);
    expect(after.access_token_expires_at?.getTime()).toBeGreaterThan(
      before.access_token_expires_at?.getTime() ?? 0,
    );
    expect((await app.call('GET', `/v1/accounts/${id}/boards?refresh=true`)).body.data.boards).toMatchObject([
      { name: 'Garden' },
    ]);
  });

  test('of ten concurrent rounds, one refreshes the account', async () => {
    const id = await connectGardener();
    app.clock.advance(20 * dayMs);
    // Pinterest is slow, so that all have seen that it is due before the first has its answer.
    await app.faults([{ operation: 'oauth/token', kind: 'delay', delayMs: 300, times: 0 }]);
    const before = await refreshCalls();
    await Promise.all(Array.from({ length: 10 }, () => app.app.accounts.refreshDueTokens()));
    expect((await refreshCalls()) - before).toBe(1);
    expect((await storedRow(id)).token_authorized).toBe(true);
  });

  test('an account that is disconnected during a refresh has no tokens afterwards', async () => {
    const id = await connectGardener();
    app.clock.advance(20 * dayMs);
    await app.faults([{ operation: 'oauth/token', kind: 'delay', delayMs: 300, times: 0 }]);
    const before = await refreshCalls();
    const refreshing = app.app.accounts.refreshDueTokens();
    await eventually('the refresh is under way', async () => (await refreshCalls()) === before + 1);
    expect((await app.call('DELETE', `/v1/accounts/${id}`)).status).toBe(200);
    await refreshing;
    expect(await storedRow(id)).toMatchObject({ access_token: null, refresh_token: null });
    expect((await app.call('GET', `/v1/accounts/${id}`)).status).toBe(404);
  });

  test('an outage of Pinterest leaves the tokens unchanged, and refreshing is retried', async () => {
    const id = await connectGardener();
    app.clock.advance(20 * dayMs);
    await app.faults([{ operation: 'oauth/token', when: 'before', kind: 'status', status: 503, times: 1 }]);
    await app.app.accounts.refreshDueTokens();
    expect(await storedRow(id)).toMatchObject({ token_authorized: true, refreshing_until: null });
    app.clock.advance(10 * 60_000);
    const before = await storedRow(id);
    await app.app.accounts.refreshDueTokens();
    expect((await storedRow(id)).access_token).not.toEqual(before.access_token);
  });

  test.each([
    { name: 'the old refresh token stays valid', oldToken: 'lives', isUsable: true },
    { name: 'the old refresh token is invalid at once', oldToken: 'dies', isUsable: false },
  ])(
    'a response lost after the rotation leaves the account usable or unauthorized: $name',
    async ({ oldToken, isUsable }) => {
      const id = await connectGardener();
      await app.control('POST', '/settings', { tokens: { oldRefreshToken: oldToken } });
      app.clock.advance(20 * dayMs);
      await app.faults([{ operation: 'oauth/token', when: 'after', kind: 'reset', times: 1 }]);
      await app.app.accounts.refreshDueTokens();
      expect(await storedRow(id)).toMatchObject({ token_authorized: true });
      app.clock.advance(10 * 60_000);
      await app.app.accounts.refreshDueTokens();
      // Usable, or plainly flagged; nothing in between.
      expect(await app.call('GET', `/v1/accounts/${id}`)).toMatchObject({
        body: {
          data: { account: { tokenAuthorized: isUsable, tokenStatus: isUsable ? 'ok' : 'unauthorized' } },
        },
      });
    },
  );

  test('an access token that is refused early is refreshed, and the post is published', async () => {
    const id = await connectGardener();
    const account = { accountId: id, username: 'gardener', accessToken: '', boards: await boardsOf(id) };
    const post = await app.createPost(account, {
      sendAt: new Date(app.clock.now().getTime() + hourMs).toISOString(),
    });
    const before = await storedRow(id);
    await app.faults([
      { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 2, times: 1 },
    ]);
    app.clock.advance(hourMs);
    const worker = app.app.createWorker();
    await worker.runDue();
    expect((await storedRow(id)).access_token).not.toEqual(before.access_token);
    app.clock.advance(5_000);
    await worker.runDue();
    expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  test('a missing scope (401, code 3) never causes a refresh', async () => {
    const id = await connectGardener();
    const account = { accountId: id, username: 'gardener', accessToken: '', boards: await boardsOf(id) };
    await app.createPost(account);
    await app.faults([
      { operation: 'pins/create', when: 'before', kind: 'status', status: 401, code: 3, times: 1 },
    ]);
    const before = await refreshCalls();
    app.clock.advance(60_000);
    await app.app.createWorker().runDue();
    expect(await refreshCalls()).toBe(before);
    expect((await storedRow(id)).token_authorized).toBe(false);
  });
});

test('a token of the sandbox connects an account in the sandbox and is refused elsewhere', async () => {
  await app.control('POST', '/seed', {
    accounts: [
      {
        username: 'sand',
        environment: 'sandbox',
        boards: [{ name: 'Castle' }],
        tokens: [{ accessToken: 'pina_sand' }],
      },
    ],
  });
  const refused = await app.call('POST', '/v1/accounts', { accessToken: 'pina_sand' });
  expect([refused.status, refused.body.error.details[0].code]).toEqual([422, 'token_invalid']);
  const { body } = await app.call('POST', '/v1/accounts', {
    accessToken: 'pina_sand',
    environment: 'sandbox',
  });
  expect(body.data.account).toMatchObject({ username: 'sand', environment: 'sandbox' });
  const account = {
    accountId: body.data.account.id,
    username: 'sand',
    accessToken: 'pina_sand',
    boards: await boardsOf(body.data.account.id),
  };
  const post = await app.createPost(account);
  app.clock.advance(60_000);
  await app.app.createWorker().runDue();
  expect(await app.getPost(account, post.id)).toMatchObject({ status: 'sent' });
});

test('the same tokens in two organizations connect two accounts, each visible to its own organization', async () => {
  await app.control('POST', '/seed', {
    accounts: [{ username: 'shared', tokens: [{ accessToken: 'pina_shared' }] }],
  });
  const other = await app.makeKey({ organization: 'Another' });
  const grant = { ...plainGrant, accessToken: 'pina_shared' };
  const first = await app.app.accounts.connect({ ...grant, organizationId: app.organizationId });
  const second = await app.app.accounts.connect({ ...grant, organizationId: other.organizationId });
  expect(second.id).not.toBe(first.id);
  expect((await app.call('GET', `/v1/accounts/${second.id}`)).status).toBe(404);
  expect((await app.call('GET', `/v1/accounts/${second.id}`, undefined, other.key)).status).toBe(200);
});

test('nothing in this file was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});

async function refreshCalls(): Promise<number> {
  const { requests } = (await app.control('GET', '/requests')) as { requests: { operation: string }[] };
  return requests.filter((request) => request.operation === 'oauth/token').length;
}

async function boardsOf(id: string): Promise<Record<string, string>> {
  const { boards } = (await app.call('GET', `/v1/accounts/${id}/boards`)).body.data;
  return Object.fromEntries(boards.map((board: { name: string; id: string }) => [board.name, board.id]));
}
