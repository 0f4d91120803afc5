import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.stop());

/** Without automatic decompression. */
async function get(headers: Record<string, string>) {
  const { request } = await import('node:http');
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      request(`${app.url}/openapi.json`, { headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      })
        .on('error', reject)
        .end();
    },
  );
}

test('the document is compressed for clients that accept it, and equal otherwise', async () => {
  const plain = await get({});
  const zipped = await get({ 'accept-encoding': 'gzip, deflate, br' });
  const refused = await get({ 'accept-encoding': 'gzip;q=0, identity' });
  expect([plain, zipped, refused].map(({ headers }) => headers['content-encoding'])).toEqual([
    undefined,
    'gzip',
    undefined,
  ]);
  expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
  expect(zipped.body.length).toBeLessThan(plain.body.length / 5);
  expect(JSON.parse(plain.body.toString()).openapi).toBe('3.1.0');
});

test('a client that has the document gets 304 without a body', async () => {
  const { headers } = await get({});
  const again = await get({ 'if-none-match': String(headers.etag) });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
});

test('the page serves only the files that it needs, cannot be framed, and keeps no key in the browser', async () => {
  const page = await fetch(`${app.url}/docs`);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    expect([name, (await fetch(`${app.url}/docs/assets/${name}`)).status]).toEqual([name, 200]);
  }
  for (const name of ['index.html', 'package.json', 'oauth2-redirect.html', 'swagger-ui.js.map']) {
    expect([name, (await fetch(`${app.url}/docs/assets/${name}`)).status]).toEqual([name, 404]);
  }
  expect(await (await fetch(`${app.url}/docs/start.js`)).text()).not.toContain('persistAuthorization');
});
