// Connecting an account: authorize page, code exchange, refresh (docs/pinterest.md#simulated-behavior, nos. 1, 2, 4, 5, 7).
import { describe, expect, test } from 'vitest';
import { openTest, seedDemo, type Test } from './harness.ts';

const redirectUri = 'http://127.0.0.1:4000/callback?kept=1';
const app = {
  clientId: 'app-one',
  clientSecret: 'secret:with colon',
  name: 'Pintail',
  redirectUris: [redirectUri],
};
const basic = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`;
const scope = 'boards:read,boards:write,pins:read,pins:write,user_accounts:read';

async function ready(now?: () => Date) {
  const sim = await openTest(now ? { now } : {});
  await sim.control('POST', '/seed', { apps: [{ ...app, ownerUsername: 'pintail_demo' }] });
  const demo = await seedDemo(sim, { tokens: [] });
  return { sim, ...demo };
}

function ask(sim: Test, change: Record<string, string> = {}): string {
  const query = {
    client_id: app.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state: 's t&ate',
  };
  return `${sim.simulator.authorizeUrl}?${new URLSearchParams({ ...query, ...change })}`;
}

/** Acts as a person in the browser: reads the form and presses a button. */
async function decide(sim: Test, decision: string): Promise<URL> {
  const page = await (await fetch(ask(sim))).text();
  const form = new URLSearchParams({ decision });
  const plain = (text = '') => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
    form.set(name ?? '', plain(value));
  }
  form.set('account', /<option value="(\d+)"/.exec(page)?.[1] ?? '');
  const answer = await fetch(sim.simulator.authorizeUrl, { method: 'POST', body: form, redirect: 'manual' });
  expect(answer.status).toBe(303);
  return new URL(answer.headers.get('location') ?? '');
}

const give = (sim: Test, form: Record<string, string>, options: object = {}) =>
  sim.api('POST', '/oauth/token', {
    token: null,
    headers: { authorization: basic },
    body: new URLSearchParams(form),
    ...options,
  });

const exchange = async (sim: Test, options: object = {}, change: Record<string, string> = {}) => {
  const code = (await decide(sim, 'allow')).searchParams.get('code') ?? '';
  return give(sim, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...change }, options);
};

const refresh = (sim: Test, refresh_token: string) =>
  give(sim, { grant_type: 'refresh_token', refresh_token });

describe('the authorize page', () => {
  test('the authorize page redirects with a code and the state when access is allowed', async () => {
    const { sim } = await ready();
    const back = await decide(sim, 'allow');
    expect(back.origin + back.pathname).toBe('http://127.0.0.1:4000/callback');
    expect(back.searchParams.get('kept')).toBe('1');
    expect(back.searchParams.get('state')).toBe('s t&ate');
    expect(back.searchParams.get('code')).toMatch(/^[0-9a-f]{40}$/);
  });

  test('the authorize page redirects without a code when access is declined', async () => {
    const { sim } = await ready();
    const back = await decide(sim, 'decline');
    expect(back.searchParams.get('code')).toBeNull();
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe('s t&ate');
  });

  test.each([
    ['an unknown app', { client_id: 'nobody' }],
    ['an unregistered redirect_uri', { redirect_uri: `${redirectUri}/` }],
    ['another response_type', { response_type: 'token' }],
    ['an unknown scope', { scope: 'boards:read,everything' }],
    ['markup', { client_id: '<script>alert(1)</script>', scope: '<script>' }],
  ])('the authorize page refuses %s without a redirect', async (_name, change) => {
    const { sim } = await ready();
    for (const init of [{}, { method: 'POST', body: new URL(ask(sim, change)).searchParams }]) {
      const url = init.method === undefined ? ask(sim, change) : sim.simulator.authorizeUrl;
      const answer = await fetch(url, { ...init, redirect: 'manual' });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).not.toContain('<script');
    }
  });

  test('the authorize page refuses a form that another site sends', async () => {
    const { sim } = await ready();
    const answer = await fetch(sim.simulator.authorizeUrl, {
      method: 'POST',
      body: new URL(ask(sim)).searchParams,
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('a code', () => {
  test('a code is exchanged for working tokens with their lifetimes', async () => {
    const { sim, accountId } = await ready(() => new Date('2026-01-01T00:00:00Z'));
    const { status, body } = await exchange(sim, {}, { continuous_refresh: 'true' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      access_token: expect.stringMatching(/^pina_/),
      refresh_token: expect.stringMatching(/^pinr_/),
      token_type: 'bearer',
      response_type: 'authorization_code',
      expires_in: 2_592_000,
      refresh_token_expires_in: 5_184_000,
      refresh_token_expires_at: Date.parse('2026-03-02T00:00:00Z') / 1_000,
    });
    expect(body.scope.split(' ').sort()).toEqual(scope.split(',').sort());
    expect((await sim.api('GET', '/user_account', { token: body.access_token })).body.id).toBe(accountId);
    expect(await sim.requests('oauth/token')).toMatchObject([
      { accountId, appId: app.clientId, status: 200 },
    ]);
    expect(JSON.stringify(await sim.requests())).not.toMatch(/pin[ar]_/);
  });

  test('a code works once, for its own app and redirect_uri, for ten minutes', async () => {
    const { sim } = await ready();
    const code = (await decide(sim, 'allow')).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    const other = await give(sim, { ...form, redirect_uri: 'http://127.0.0.1:4000/' });
    expect([other.status, other.body.code]).toEqual([400, 283]);
    expect((await give(sim, form)).status).toBe(200);
    expect((await give(sim, form)).body.code).toBe(283);

    const late = (await decide(sim, 'allow')).searchParams.get('code') ?? '';
    await sim.advance(600);
    expect((await give(sim, { ...form, code: late })).body.code).toBe(283);
  });

  test('the exchange requires HTTP Basic with the app’s secret, and a form body', async () => {
    const { sim } = await ready();
    const wrong = `Basic ${Buffer.from(`${app.clientId}:wrong`).toString('base64')}`;
    for (const authorization of ['', 'Basic !', 'Bearer x', wrong]) {
      const { status, body } = await exchange(sim, { headers: { authorization } });
      expect([status, body.code]).toEqual([401, 2]);
    }
    const asJson = await give(
      sim,
      {},
      { headers: { authorization: basic, 'content-type': 'application/json' }, body: '{}' },
    );
    expect(asJson.status).toBe(415);
    for (const form of [
      {},
      { grant_type: 'magic' },
      { grant_type: 'refresh_token' },
      { grant_type: 'authorization_code' },
    ]) {
      expect((await give(sim, form)).status).toBe(400);
    }
  });

  test('a code exchanged at the sandbox returns a sandbox token for an empty sandbox account', async () => {
    const { sim, accountId } = await ready();
    const { body } = await exchange(sim, { environment: 'sandbox' });
    const token = body.access_token;
    const { body: twin } = await sim.api('GET', '/user_account', { token, environment: 'sandbox' });
    expect(twin).toMatchObject({ username: 'pintail_demo', board_count: 0 });
    expect(twin.id).not.toBe(accountId);
    expect((await sim.api('GET', '/user_account', { token })).status).toBe(401);
  });
});

describe('a refresh', () => {
  test('a refresh returns new tokens with new lifetimes and invalidates the old refresh token', async () => {
    const { sim } = await ready();
    const { body: first } = await exchange(sim);
    const { status, body: second } = await refresh(sim, first.refresh_token);
    expect([status, second.response_type]).toEqual([200, 'refresh_token']);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(JSON.stringify(await sim.requests())).not.toMatch(/pin[ar]_|[0-9a-f]{40}/);
    const reused = await refresh(sim, first.refresh_token);
    expect([reused.status, reused.body.code]).toEqual([401, 2]);
    expect((await refresh(sim, second.refresh_token)).status).toBe(200);
  });

  test('settings let the old refresh token remain valid, or omit the new one', async () => {
    const { sim } = await ready();
    await sim.settings({ tokens: { oldRefreshToken: 'lives' } });
    const { body: first } = await exchange(sim);
    await refresh(sim, first.refresh_token);
    expect((await refresh(sim, first.refresh_token)).status).toBe(200);
    await sim.settings({ tokens: { omitNewRefreshToken: true } });
    const { body } = await refresh(sim, first.refresh_token);
    expect(body).not.toHaveProperty('refresh_token');
    expect((await sim.api('GET', '/boards', { token: body.access_token })).status).toBe(200);
  });

  test('a refresh fails after 60 days, and for a revoked account', async () => {
    const { sim, accountId } = await ready();
    const { body: first } = await exchange(sim);
    await sim.advance(5_184_000);
    expect((await refresh(sim, first.refresh_token)).status).toBe(401);
    const { body: second } = await exchange(sim);
    await sim.control('POST', '/tokens/revoke', { accountId });
    expect((await refresh(sim, second.refresh_token)).status).toBe(401);
  });

  test('a refresh whose response is lost has rotated the tokens', async () => {
    const { sim } = await ready();
    const { body: first } = await exchange(sim);
    await sim.faults({ operation: 'oauth/token', kind: 'reset', when: 'after' });
    await expect(refresh(sim, first.refresh_token)).rejects.toThrow();
    expect((await refresh(sim, first.refresh_token)).status).toBe(401);
  });

  test('a refresh that fails with 503 before its effect can be repeated', async () => {
    const { sim } = await ready();
    const { body: first } = await exchange(sim);
    await sim.faults({ operation: 'oauth/token', kind: 'status', status: 503 });
    expect((await refresh(sim, first.refresh_token)).status).toBe(503);
    expect((await refresh(sim, first.refresh_token)).status).toBe(200);
  });

  test('a refresh can narrow the scopes and cannot widen them', async () => {
    const { sim } = await ready();
    const { body: first } = await exchange(sim);
    const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
    expect((await give(sim, { ...form, scope: 'boards:write_secret' })).status).toBe(400);
    const { body } = await give(sim, { ...form, scope: 'boards:read' });
    expect(body.scope).toBe('boards:read');
    expect((await sim.api('GET', '/user_account', { token: body.access_token })).body.code).toBe(3);
  });
});

test('client_credentials returns a token of the owner, which cannot register media', async () => {
  const { sim, accountId } = await ready();
  const { body } = await give(sim, { grant_type: 'client_credentials', scope });
  expect(body).not.toHaveProperty('refresh_token');
  const token = body.access_token;
  expect((await sim.api('GET', '/user_account', { token })).body.id).toBe(accountId);
  const refused = await sim.api('POST', '/media', { token, body: { media_type: 'video' } });
  expect([refused.status, refused.body.code]).toEqual([403, 29]);
});

test('an ordinary token cannot be revoked by the API', async () => {
  const { sim } = await ready();
  const { body } = await exchange(sim);
  const { status } = await sim.api('POST', '/oauth/token/revoke', {
    token: null,
    headers: { authorization: basic },
    body: new URLSearchParams({ token: body.access_token }),
  });
  expect(status).toBe(403);
  expect((await sim.api('GET', '/boards', { token: body.access_token })).status).toBe(200);
});
