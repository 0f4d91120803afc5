// The installation's limits of connecting: the origins to return to, and the environments.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';
import { problemOfReturnUrl } from '../return-url.ts';

let app: TestApp;

beforeAll(async () => {
  const connectReturnOrigins = ['https://app.example.com'];
  app = await createTestApp({ config: { pinterestEnvironment: 'production', connectReturnOrigins } });
});
afterAll(() => app.stop());

test('with CONNECT_RETURN_ORIGINS only these origins are allowed, each with its port', () => {
  const origins = ['https://app.example.com', 'http://localhost:3000'];
  for (const url of ['https://app.example.com/a?b', 'https://app.example.com:443/', 'http://localhost:3000/'])
    expect(problemOfReturnUrl(url, origins)).toBe(undefined);
  for (const url of [
    'https://example.com/',
    'https://app.example.com.evil.test/',
    'https://app.example.com:8443/',
    'http://localhost:3001/',
  ])
    expect(problemOfReturnUrl(url, origins)).toMatchObject({ path: 'returnUrl', code: 'not_allowed' });
});

test('the setting applies to the route', async () => {
  const status = async (returnUrl: string) =>
    (await app.call('POST', '/v1/accounts/connect', { returnUrl })).status;
  // No app is configured here, which is checked later.
  expect(await status('https://app.example.com/done')).toBe(409);
  expect(await status('https://example.com/done')).toBe(400);
});

test('where the installation uses Pinterest, no caller reaches the simulator', async () => {
  const before = (await app.control('GET', '/requests')) as { requests?: unknown[] };
  for (const [path, body] of [
    ['/v1/accounts', { accessToken: 'pina_x', environment: 'simulator' }],
    ['/v1/accounts/connect', { environment: 'simulator' }],
  ] as const) {
    const answer = await app.call('POST', path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toMatchObject([{ path: 'environment', code: 'not_allowed' }]);
  }
  expect(await app.control('GET', '/requests')).toEqual(before);
});
