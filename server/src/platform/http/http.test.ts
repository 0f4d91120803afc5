// Guarantees that apply to the responses of every route.
import { describe, expect, test } from 'vitest';
import { createTestApp } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp({ accountPer: 'file' });

describe('keys', () => {
  test('missing, malformed, unknown, revoked and expired keys get the same response', async () => {
    const revoked = await app.makeKey();
    await app.app.auth.revokeKey(revoked.id);
    const expired = await app.makeKey();
    await app.database.db
      .updateTable('api_keys')
      .set({ expires_at: app.clock.now() })
      .where('id', '=', expired.id)
      .execute();
    const altered = `${app.key.slice(0, -1)}${app.key.endsWith('0') ? '1' : '0'}`;
    for (const key of [null, 'x', 'pt_test_short', altered, revoked.key, expired.key]) {
      const answer = await app.call('GET', '/v1/accounts', undefined, key);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({
        error: {
          code: 'UNAUTHORIZED',
          reason: 'invalid_api_key',
          message: 'Invalid API key',
          hint: expect.stringContaining('Authorization: Bearer'),
        },
        meta: { requestId: answer.headers.get('x-request-id') },
      });
    }
  });

  test('a key that was revoked by this or another process is refused', async () => {
    const { id, key } = await app.makeKey();
    expect((await app.call('GET', '/v1/accounts', undefined, key)).status).toBe(200);
    await app.database.db
      .updateTable('api_keys')
      .set({ revoked_at: app.clock.now() })
      .where('id', '=', id)
      .execute();
    // The listener does this on a notification of another process.
    app.app.auth.forgetCached();
    expect((await app.call('GET', '/v1/accounts', undefined, key)).status).toBe(401);
  });

  test('without a notification, a revocation takes effect within 30 seconds, and an expiry at once', async () => {
    const first = await app.makeKey();
    const second = await app.makeKey();
    const expiresAt = new Date(app.clock.now().getTime() + 1000);
    await app.database.db
      .updateTable('api_keys')
      .set({ expires_at: expiresAt })
      .where('id', '=', second.id)
      .execute();
    for (const { key } of [first, second]) {
      expect((await app.call('GET', '/v1/accounts', undefined, key)).status).toBe(200);
    }
    await app.database.db
      .updateTable('api_keys')
      .set({ revoked_at: app.clock.now() })
      .where('id', '=', first.id)
      .execute();
    app.clock.advance(1000);
    expect((await app.call('GET', '/v1/accounts', undefined, second.key)).status).toBe(401);
    app.clock.advance(29_000);
    expect((await app.call('GET', '/v1/accounts', undefined, first.key)).status).toBe(401);
  });

  test('only a hash of a key is stored', async () => {
    const rows = await app.database.db.selectFrom('api_keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(app.key.slice(12));
  });

  test('the key is checked before the body is read', async () => {
    const answer = await app.call('POST', `/v1/accounts/${account.accountId}/posts`, '{', null);
    expect(answer.status).toBe(401);
  });
});

describe('envelope', () => {
  test('every response has its request id in the body, in the header and in the log', async () => {
    for (const path of ['/v1/accounts', '/v1/nothing', '/v1/accounts/acc_x/posts']) {
      const answer = await app.call('GET', path);
      const id = answer.headers.get('x-request-id');
      expect(id).toMatch(/^req_[0-9a-z]{26}$/);
      expect(answer.body.meta.requestId).toBe(id);
      expect(app.logLines.filter((line) => line.requestId === id)).not.toEqual([]);
    }
  });

  test('the response to an unknown path has the envelope', async () => {
    for (const [method, path] of [
      ['GET', '/v1/posts'],
      ['PUT', '/v1/accounts/'],
      ['GET', '/docs/'],
      ['GET', '/v1/accounts/%ff/posts'],
      ['GET', `/v1/accounts/${'x'.repeat(1000)}/posts`],
      ['GET', '/v1/accounts/../../etc/passwd'],
    ] as const) {
      const answer = await app.call(method, path);
      expect([path, answer.status, answer.body.error.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
  });

  test.each([
    ['PUT', '/v1/accounts', 'GET, HEAD, POST'],
    ['DELETE', '/v1/accounts/acc_x/posts?limit=5', 'GET, HEAD, PATCH, POST'],
    ['PUT', '/v1/accounts/acc_x/posts/post_x', 'DELETE, GET, HEAD, PATCH'],
    // One path matches two routes.
    ['PUT', '/v1/accounts/connect', 'DELETE, GET, HEAD, PATCH, POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['POST', '/docs/assets/swagger-ui.css', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
  ])('%s %s is refused with 405 and the supported methods', async (method, path, allow) => {
    const answer = await app.call(method, path, { large: 'x'.repeat(2_000_000) }, null);
    expect([answer.status, answer.body.error.code, answer.body.error.reason]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'method_not_allowed',
    ]);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('with CORS, an unknown path is answered with 404', async () => {
    const open = await createTestApp({ config: { corsOrigins: ['*'] } });
    expect((await open.call('PUT', '/v1/posts')).status).toBe(404);
    expect((await open.call('PUT', '/v1/accounts')).status).toBe(405);
    await open.stop();
  });

  test('an invalid account id is answered like an unknown account', async () => {
    for (const id of ['acc_x', 'acc_%00', "acc_'--", 'null', '%20']) {
      const answer = await app.call('GET', `/v1/accounts/${id}/posts`);
      expect([id, answer.status, answer.body.error.message]).toEqual([id, 404, 'Account not found']);
    }
  });
});

describe('pages outside /v1', () => {
  test('/health has no envelope, and /ready checks the database', async () => {
    expect((await app.call('GET', '/health', undefined, null)).body).toEqual({ status: 'ok' });
    const { body } = await app.call('GET', '/ready', undefined, null);
    expect(body).toMatchObject({ status: 'ready' });
    expect(body.checks).toContainEqual({ name: 'database', ok: true });
  });

  test('/openapi.json describes every route, including the fields of a create', async () => {
    const { body } = await app.call('GET', '/openapi.json', undefined, null);
    expect(body.openapi).toBe('3.1.0');
    const described = Object.entries(body.paths as Record<string, Record<string, unknown>>).flatMap(
      ([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = app.app.routes.map(
      (route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    // openapi/client-fields.test.ts compares the paths outside /v1.
    expect(described.filter((path) => path.includes(' /v1')).sort()).toEqual(served.sort());
    const create = body.paths['/v1/accounts/{accountId}/posts'].post;
    expect(Object.keys(create.responses)).toEqual(
      expect.arrayContaining(['201', '400', '401', '404', '422']),
    );
    expect(body.components.schemas.CreatePost).toMatchObject({
      additionalProperties: false,
      properties: {
        title: { type: 'string', maxLength: 100 },
        description: { type: 'string', maxLength: 500 },
        altText: { type: 'string', maxLength: 500 },
        sendAt: { type: 'string', format: 'date-time' },
        isSimplifiedPin: { type: 'boolean' },
        mediaType: { enum: ['image', 'video'] },
      },
    });
    expect(body.components.schemas.Post.properties.pinId).toMatchObject({ type: ['string', 'null'] });
  });

  test.each(['/docs', '/'])(
    'the page %s loads all its assets from this server, under any path prefix',
    async (path) => {
      const page = await fetch(`${app.url}${path}`);
      const html = await page.text();
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(html).not.toMatch(/https?:\/\//);
      for (const [, link = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect(link).not.toMatch(/^\//);
        const linked = await fetch(new URL(link, page.url));
        expect([link, linked.status, (await linked.text()).length > 100]).toEqual([link, 200, true]);
      }
    },
  );
});

test('while the database is unavailable the response is 503, without details of the database', async () => {
  const broken = await createTestApp();
  await broken.database.close();
  const answer = await broken.call('GET', '/v1/accounts');
  expect([answer.status, answer.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|postgres/);
  expect((await broken.call('GET', '/ready', undefined, null)).status).toBe(503);
  expect((await broken.call('GET', '/health', undefined, null)).status).toBe(200);
  await broken.stop();
});

test('a bug is answered with 500 and no details, and the log has its cause', async () => {
  await app.database.db
    .updateTable('accounts')
    .set({ boards_fetched_at: null, access_token: Buffer.from('not what was stored') })
    .where('id', '=', account.accountId)
    .execute();
  const answer = await app.call('GET', `/v1/accounts/${account.accountId}/boards`);
  expect(answer.status).toBe(500);
  expect(answer.body.error).toEqual({
    code: 'INTERNAL_ERROR',
    reason: 'internal_error',
    message: 'Internal error. The log has its cause under the request id.',
  });
  const [line] = app.logLines.filter(
    (entry) => entry.requestId === answer.body.meta.requestId && entry.level >= errorLevel,
  );
  expect(JSON.stringify(line)).toContain('encrypted with another key');
});

test('no key and no token was ever logged', () => {
  const log = JSON.stringify(app.logLines);
  expect(log).not.toContain(app.key);
  expect(log).not.toContain(account.accessToken);
});
