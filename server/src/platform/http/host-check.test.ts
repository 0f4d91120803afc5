import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { isLoopbackHost } from './host-check.ts';

let local: TestApp;
let open: TestApp;
beforeAll(async () => {
  local = await createTestApp();
  open = await createTestApp({ config: { publicUrl: 'https://pins.example.com' } });
});
afterAll(() => Promise.all([local.stop(), open.stop()]));

/** Sends a request with this Host; returns the status and the reason. */
function ask(app: TestApp, path: string, host: string): Promise<[number, string | undefined]> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(app.url);
    const headers = { host, authorization: `Bearer ${app.key}` };
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const reason = text.startsWith('{') ? JSON.parse(text).error?.reason : undefined;
        resolve([response.statusCode ?? 0, reason]);
      });
    })
      .on('error', reject)
      .end();
  });
}

const paths = ['/v1/me', '/health', '/ready', '/metrics', '/openapi.json', '/docs', '/', '/no/such/path'];

test('on loopback without a public URL, only names of this machine are served', async () => {
  for (const path of paths) {
    for (const host of ['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', '192.168.0.1']) {
      expect([path, host, await ask(local, path, host)]).toEqual([path, host, [403, 'host_not_allowed']]);
    }
  }
  for (const host of ['127.0.0.1', 'localhost:1234', 'LOCALHOST', '[::1]:8787', '127.0.0.1:8787']) {
    expect(await ask(local, '/v1/me', host)).toEqual([200, undefined]);
  }
});

test('with a public URL other names are served, and /metrics is not without a token', async () => {
  expect(await ask(open, '/v1/me', 'pins.example.com')).toEqual([200, undefined]);
  expect(await ask(open, '/v1/me', '127.0.0.1:8787')).toEqual([200, undefined]);
  for (const host of ['pins.example.com', '127.0.0.1:8787', 'localhost']) {
    expect(await ask(open, '/metrics', host)).toEqual([404, 'endpoint_not_found']);
  }
});

test('a request without Host is refused with the reason; HTTP/1.0 has none', async () => {
  const send = (text: string) =>
    new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect(Number(new URL(local.url).port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('close', () => resolve(answer));
    });
  const refused = await send('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
  expect(refused).toMatch(/^HTTP\/1\.1 400 /);
  expect(refused).toContain('"reason":"host_missing"');
  expect(await send('GET /health HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
});

test('loopback names', () => {
  expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'].every(isLoopbackHost)).toBe(true);
  expect(['0.0.0.0', 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1'].some(isLoopbackHost)).toBe(
    false,
  );
});
