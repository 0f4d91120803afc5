// Bearer tokens, their scopes, the two environments and the levels of apps (docs/pinterest.md#simulated-behavior, nos. 3, 6, 7, 8).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo } from './harness.ts';

describe('a token', () => {
  test('a token that is absent, unknown, expired or revoked is 401 code 2', async () => {
    const sim = await openTest();
    const tokens = [{ accessToken: 'pina_short', expiresInSeconds: 60 }, { accessToken: 'pina_revoked' }];
    await seedDemo(sim, { tokens });
    const codeOf = async (token: string | null) => {
      const { status, body } = await sim.api('GET', '/user_account', { token });
      return [status, body.code];
    };
    expect((await sim.api('GET', '/user_account', { token: 'pina_short' })).status).toBe(200);
    await sim.advance(60);
    await sim.control('POST', '/tokens/revoke', { accessToken: 'pina_revoked' });
    for (const token of [null, 'pina_unknown', 'pina_short', 'pina_revoked', '', 'a b', '\u00fc']) {
      expect(await codeOf(token)).toEqual([401, 2]);
    }
  });

  test('a token without the scope of an operation is 401 code 3, not 403', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim, {
      tokens: [{ accessToken: 'pina_read', scopes: ['boards:read', 'pins:read'] }],
    });
    const token = 'pina_read';
    const body = { board_id: boardId, media_source: await base64Source() };
    const refused = await sim.api('POST', '/pins', { token, body });
    expect([refused.status, refused.body.code]).toEqual([401, 3]);
    expect(refused.body.message).toContain('pins:write');
    expect((await sim.api('GET', '/boards', { token })).status).toBe(200);
    expect((await sim.api('GET', '/user_account', { token })).body.code).toBe(3);
    expect(await sim.pins()).toEqual([]);
  });

  test('a token of one environment is unknown in the other, and so are its boards', async () => {
    const sim = await openTest();
    const production = await seedDemo(sim);
    const sandbox = await seedDemo(sim, {
      environment: 'sandbox',
      tokens: [{ accessToken: 'pina_sandbox' }],
    });
    expect(sandbox.accountId).not.toBe(production.accountId);
    const wrong = await sim.api('GET', '/boards', { environment: 'sandbox' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 2]);
    const inSandbox = { token: 'pina_sandbox', environment: 'sandbox' as const };
    expect((await sim.api('GET', `/boards/${sandbox.boardId}`, inSandbox)).status).toBe(200);
    const foreign = await sim.api('GET', `/boards/${production.boardId}`, inSandbox);
    expect([foreign.status, foreign.body.code]).toEqual([404, 40]);
  });
});

describe('the level of an app', () => {
  const appOf = (level: string) => ({ clientId: `app-${level}`, clientSecret: 'secret', level });

  test('an app with pending access receives 401 code 3 on everything', async () => {
    const sim = await openTest();
    await sim.control('POST', '/seed', { apps: [appOf('pending')] });
    await seedDemo(sim, { tokens: [{ accessToken: 'pina_demo', app: 'app-pending' }] });
    const { status, body } = await sim.api('GET', '/user_account');
    expect([status, body.code]).toEqual([401, 3]);
    expect(body.message).toContain('consumer type is not supported');
  });

  test('an app with trial access receives 403 code 29 on POST /pins in production, while the sandbox and board calls work', async () => {
    const sim = await openTest();
    await sim.control('POST', '/seed', { apps: [appOf('trial')] });
    const { boardId } = await seedDemo(sim, { tokens: [{ accessToken: 'pina_demo', app: 'app-trial' }] });
    const sandbox = await seedDemo(sim, {
      environment: 'sandbox',
      tokens: [{ accessToken: 'pina_sandbox', app: 'app-trial' }],
    });
    const media_source = await base64Source();
    const { status, body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
    expect([status, body.code]).toEqual([403, 29]);
    expect((await sim.api('GET', '/boards')).status).toBe(200);
    const made = await sim.api('POST', '/pins', {
      token: 'pina_sandbox',
      environment: 'sandbox',
      body: { board_id: sandbox.boardId, media_source },
    });
    expect(made.status).toBe(201);
  });
});

describe('an account', () => {
  test('an account that is suspended or deleted stops working', async () => {
    const sim = await openTest();
    const { accountId } = await seedDemo(sim);
    await sim.control('POST', `/accounts/${accountId}`, { state: 'suspended' });
    expect((await sim.api('GET', '/boards')).status).toBe(403);
    await sim.control('POST', `/accounts/${accountId}`, { state: 'deleted' });
    expect((await sim.api('GET', '/boards')).body.code).toBe(2);
  });
});
