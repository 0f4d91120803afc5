// GET /v1/me: the caller's organization, key and limits.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { scopes } from '../../domain/scopes.ts';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp({ config: { ratePerMinute: 1234 } });
});
afterAll(() => app.stop());

test('the response has the organization, the key and the limits of the caller', async () => {
  const answer = await app.call('GET', '/v1/me');
  expect(answer.status).toBe(200);
  const now = Math.floor(app.clock.now().getTime() / 1000);
  expect(answer.body.data).toEqual({
    organization: { id: app.organizationId, name: 'Test' },
    key: {
      id: expect.stringMatching(/^key_/),
      name: 'test',
      prefix: app.key.slice(0, 12),
      scopes: null,
      accountIds: null,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: null,
      createdBy: { type: 'system', id: null, name: 'Pintail' },
    },
    limits: {
      rateLimit: { perMinute: 1234 },
      bodyBytesMax: 1_048_576,
      batchBodyBytesMax: 16_777_216,
      batchPostsMax: 1000,
      bulkEditPostsMax: 500,
      intervalBoardsMax: 20,
      pageEntriesMax: 100,
    },
  });
  expect(answer.headers.get('x-ratelimit-limit')).toBe('1234');
});

test.each(scopes)('a key with only the scope %s may read its own key and limits', async (scope) => {
  const account = await app.connectAccount();
  const { key } = await app.makeKey({ scopes: [scope], accountIds: [account.accountId] });
  const answer = await app.call('GET', '/v1/me', undefined, key);
  expect(answer.status).toBe(200);
  expect(answer.body.data.key).toMatchObject({ scopes: [scope], accountIds: [account.accountId] });
  expect(JSON.stringify(answer.body)).not.toContain(key);
});

test('each tenant sees its own organization', async () => {
  const stranger = await app.makeKey({ organization: 'Strangers' });
  const { organization } = (await app.call('GET', '/v1/me', undefined, stranger.key)).body.data;
  expect(organization).toEqual({ id: stranger.organizationId, name: 'Strangers' });
});

test('a request without a key, or with a revoked or malformed one, gets 401', async () => {
  const revoked = await app.makeKey();
  await app.app.auth.revokeKey(revoked.id);
  for (const key of [null, revoked.key, 'pt_test_nonsense']) {
    const answer = await app.call('GET', '/v1/me', undefined, key);
    expect([answer.status, answer.body.error.message]).toEqual([401, 'Invalid API key']);
  }
});
