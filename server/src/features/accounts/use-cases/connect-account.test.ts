// Connecting accounts, through the consent page and with tokens.
import { describe, expect, test } from 'vitest';
import { plainGrant, testApp } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import {
  app,
  boardsOf,
  callBack,
  click,
  connectGardener,
  consent,
  decide,
  list,
  redirectUri,
  start,
  storedRow,
  useConsent,
} from '../accounts.fixture.ts';

useConsent();

describe('connecting through the consent page', () => {
  test('the consent URL has the app, the scopes and a state, and accepting it connects the account', async () => {
    const { status, body } = await start();
    expect(status).toBe(200);
    expect(body.data.expiresAt).toBe(app.clock.now().getTime() / 1000 + 600);
    expect(body.data.url).toMatch(/^http:\/\/pintail\.test\/connect\/[\w-]{43}$/);
    const consentPage = await click(body.data.url);
    const url = new URL(consentPage);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: testApp.appId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'boards:read,boards:write,pins:read,pins:write,user_accounts:read',
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    const page = await callBack(await decide(consentPage));
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('gardener is connected') });
    expect(page.type).toContain('text/html');
    expect(await list()).toMatchObject([{ username: 'gardener', tokenAuthorized: true, tokenStatus: 'ok' }]);
  });

  test('a state works once', async () => {
    const query = await consent((await start()).body.data.url);
    expect((await callBack(query)).status).toBe(200);
    expect(await callBack(query)).toMatchObject({
      status: 400,
      text: expect.stringContaining('already used'),
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
