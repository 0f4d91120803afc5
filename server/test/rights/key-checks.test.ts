// The key of every operation: nine ways to send none, a wrong one, or one in the wrong place, or with the wrong scopes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scope, scopes } from '../../src/domain/scopes.ts';
import { type Route, scopesOf } from '../../src/platform/http/contract/route.ts';
import { createTestApp, type TestApp } from '../app.ts';
import { pathOf } from '../route-samples.ts';

let app: TestApp;
let invalid: Record<'expired' | 'revoked', string>;

beforeAll(async () => {
  app = await createTestApp({ config: { ratePerMinute: 1_000_000 } });
  const revoked = await app.makeKey();
  await app.app.auth.revokeKey(revoked.id);
  const expired = await app.makeKey({ expiresAt: new Date(app.clock.now().getTime() + 1000) });
  app.clock.advance(1000);
  invalid = { expired: expired.key, revoked: revoked.key };
});
afterAll(() => app.stop());

/** The ids do not exist, so that an accepted key changes nothing. */
const pathTo = (route: Route) => pathOf(route, new Map());

async function statusOf(route: Route, { headers = {}, query = '', key }: Sent = {}): Promise<number> {
  const body = route.method === 'GET' ? undefined : {};
  const answer = await app.send(route.method, `${pathTo(route)}${query}`, body, {
    headers,
    key: key ?? null,
  });
  return answer.status;
}
interface Sent {
  headers?: Record<string, string>;
  query?: string;
  key?: string;
}

test('a missing, expired or revoked key, and a key in another place, are refused by every operation', async () => {
  const { key } = app;
  const wrongs: Record<string, Sent> = {
    none: {},
    expired: { key: invalid.expired },
    revoked: { key: invalid.revoked },
    'in the query': { query: `?api_key=${key}&access_token=${key}` },
    Basic: { headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } },
    'x-api-key': { headers: { 'x-api-key': key } },
    cookie: { headers: { cookie: `api_key=${key}; authorization=Bearer ${key}` } },
  };
  let checks = 0;
  for (const route of app.app.routes) {
    for (const [what, sent] of Object.entries(wrongs)) {
      checks += 1;
      expect([route.operationId, what, await statusOf(route, sent)]).toEqual([route.operationId, what, 401]);
    }
  }
  expect(checks).toBe(7 * app.app.routes.length);
});

test('a key without one of the scopes is refused, and a key with only these scopes is not', async () => {
  const keys = new Map<string, string>();
  const keyWith = async (held: readonly Scope[]) => {
    const name = held.join(' ');
    const key = keys.get(name) ?? (await app.makeKey({ name: 'scoped', scopes: [...held] })).key;
    keys.set(name, key);
    return key;
  };
  for (const route of app.app.routes) {
    const needed = scopesOf(route) as readonly Scope[];
    for (const missing of needed) {
      const held = scopes.filter((scope) => scope !== missing);
      const status = await statusOf(route, { key: await keyWith(held) });
      expect([route.operationId, `without ${missing}`, status]).toEqual([
        route.operationId,
        `without ${missing}`,
        403,
      ]);
    }
    const only = needed.length > 0 ? needed : (['analytics:read'] as const);
    const status = await statusOf(route, { key: await keyWith(only) });
    expect([route.operationId, [401, 403].includes(status)]).toEqual([route.operationId, false]);
    expect(status).toBeLessThan(500);
  }
});

test('every operation except getMe needs a scope, and every scope except analytics:read has an operation', () => {
  const { routes } = app.app;
  expect(routes.filter((route) => scopesOf(route).length === 0).map((route) => route.operationId)).toEqual([
    'getMe',
  ]);
  const used = new Set(routes.flatMap(scopesOf));
  expect(scopes.filter((scope) => !used.has(scope))).toEqual(['analytics:read']);
});
