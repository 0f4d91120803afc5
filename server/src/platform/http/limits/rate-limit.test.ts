import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createTestApp } from '../../../../test/app.ts';
import { type Bare, openBare } from '../bare-server.fixture.ts';
import { route } from '../contract/route.ts';

let bare: Bare;
beforeAll(async () => {
  bare = await openBare();
});
afterAll(() => bare.drop());

const routes = [
  route({
    operationId: 'look',
    method: 'GET',
    path: '/v1/things',
    summary: 'Look',
    tag: 'Things',
    scope: 'posts:read',
    query: z.strictObject({ limit: z.enum(['1']).optional() }),
    data: z.object({ ok: z.boolean() }),
    status: 200,
    refusals: [],
    handle: async () => ({ data: { ok: true } }),
  }),
];

const rateOf = (headers: Headers) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));

/** Sends requests, ten at a time. */
async function send(count: number, call: (index: number) => Promise<{ status: number }>) {
  const statuses: number[] = [];
  for (let sent = 0; sent < count; sent += 10) {
    const batch = Array.from({ length: Math.min(10, count - sent) }, (_, index) => call(sent + index));
    statuses.push(...(await Promise.all(batch)).map(({ status }) => status));
  }
  return { accepted: statuses.filter((status) => status === 200).length, statuses: new Set(statuses) };
}

test('every response to an authenticated request has the rate limit headers, including errors', async () => {
  const server = await bare.serve(routes, { ratePerMinute: 100 });
  const at = bare.clock.now().getTime() / 1000;
  for (const [path, status, remaining] of [
    ['/v1/things', 200, 99],
    ['/v1/things?limit=2', 400, 98],
    ['/v1/things', 200, 97],
  ] as const) {
    const answer = await server.call('GET', path, { key: 'told' });
    expect([answer.status, ...rateOf(answer.headers)]).toEqual([status, 100, remaining, at + 60]);
  }
  const unknown = await server.call('GET', '/v1/things', { key: null });
  expect([unknown.status, unknown.headers.has('x-ratelimit-limit')]).toEqual([401, false]);
});

test('one process accepts exactly the limit, then refuses until the minute ends', async () => {
  for (const limit of [1, 7, 60, 1000]) {
    const server = await bare.serve(routes, { ratePerMinute: limit });
    const key = `exact-${limit}`;
    const call = () => server.call('GET', '/v1/things', { key });
    const { accepted, statuses } = await send(limit + 25, call);
    expect([limit, accepted, [...statuses].sort()]).toEqual([limit, limit, [200, 429]]);
    bare.clock.advance(20_000);
    const refused = await call();
    expect(refused.body.error.code).toBe('RATE_LIMIT_EXCEEDED');
    expect([refused.headers.get('retry-after'), ...rateOf(refused.headers).slice(0, 2)]).toEqual([
      '40',
      limit,
      0,
    ]);
    bare.clock.advance(40_000);
    expect((await call()).status).toBe(200);
  }
});

test('two processes together accept the limit, plus or minus one chunk', async () => {
  const servers = [
    await bare.serve(routes, { ratePerMinute: 200 }),
    await bare.serve(routes, { ratePerMinute: 200 }),
  ];
  const { accepted } = await send(400, async (index) => {
    const answer = await servers[index % 2]?.call('GET', '/v1/things', { key: 'both' });
    return { status: answer?.status ?? 0 };
  });
  expect(accepted).toBeGreaterThanOrEqual(196);
  expect(accepted).toBeLessThanOrEqual(204);
});

test('requests of another process count when this process draws', async () => {
  const [first, second] = [
    await bare.serve(routes, { ratePerMinute: 100 }),
    await bare.serve(routes, { ratePerMinute: 100 }),
  ];
  await send(50, () => first.call('GET', '/v1/things', { key: 'shared' }));
  const { accepted } = await send(10, () => second.call('GET', '/v1/things', { key: 'shared' }));
  expect(accepted).toBe(10);
  const [, remaining = 0] = rateOf((await second.call('GET', '/v1/things', { key: 'shared' })).headers);
  expect(remaining).toBeLessThanOrEqual(42);
});

test('each key has its own limit', async () => {
  const server = await bare.serve(routes, { ratePerMinute: 5 });
  await send(10, () => server.call('GET', '/v1/things', { key: 'greedy' }));
  expect((await server.call('GET', '/v1/things', { key: 'modest' })).status).toBe(200);
});

test('the keys of an organization share its limit, and other organizations are not affected', async () => {
  const server = await bare.serve(routes, { ratePerMinute: 100, organizationRatePerMinute: 250 });
  const call = (key: string) => server.call('GET', '/v1/things', { key });
  const { accepted, statuses } = await send(400, (index) => call(`${index % 8}@large`));
  expect([accepted, [...statuses].sort()]).toEqual([250, [200, 429]]);
  const refused = await call('9@large');
  expect(refused.body.error.reason).toBe('organization_rate_limit_exceeded');
  expect([Number(refused.headers.get('retry-after')) > 0, ...rateOf(refused.headers).slice(0, 2)]).toEqual([
    ...[true, 250, 0],
  ]);
  expect((await call('1@small')).status).toBe(200);
  bare.clock.advance(60_000);
  expect((await call('9@large')).status).toBe(200);
});

test('a refused request of a key does not count for its organization', async () => {
  const server = await bare.serve(routes, { ratePerMinute: 10, organizationRatePerMinute: 30 });
  const call = (key: string) => server.call('GET', '/v1/things', { key });
  await send(100, () => call('loud@shop'));
  expect((await send(10, () => call('calm@shop'))).accepted).toBe(10);
});

test('the database is written once for many requests, and never for few', async () => {
  const server = await bare.serve(routes, { ratePerMinute: 6000 });
  let queries = 0;
  server.database.pool.on('acquire', () => {
    queries += 1;
  });
  await send(120, () => server.call('GET', '/v1/things', { key: 'thrifty' }));
  expect(queries).toBe(0);
  await send(480, () => server.call('GET', '/v1/things', { key: 'thrifty' }));
  // Four chunks of the key. Those of its organization are five times larger.
  expect(queries).toBe(4);
});

test('malformed keys cause no query, and a repeated revoked key causes one', async () => {
  const app = await createTestApp();
  const { id, key } = await app.makeKey();
  await app.app.auth.revokeKey(id);
  let queries = 0;
  app.database.pool.on('acquire', () => {
    queries += 1;
  });
  const malformed = `${app.key.slice(0, -1)}${app.key.endsWith('0') ? '1' : '0'}`;
  for (const sent of [malformed, 'x', key, key, key]) {
    expect((await app.call('GET', '/v1/accounts', undefined, sent)).status).toBe(401);
  }
  expect(queries).toBe(1);
  await app.stop();
});
