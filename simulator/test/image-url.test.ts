// Images by URL: really fetched, with code 1 when they cannot be (docs/pinterest.md#simulated-behavior, no. 12).
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openTest, picture, seedDemo } from './harness.ts';

async function host(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ready() {
  const sim = await openTest();
  const { boardId } = await seedDemo(sim);
  const create = (url: string) =>
    sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: { source_type: 'image_url', url } },
    });
  return { sim, boardId, create };
}

test('an image is fetched, also through redirects', async () => {
  const { sim, create } = await ready();
  const bytes = Buffer.from(await picture(), 'base64');
  const base = await host((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/here.jpg' }).end();
    else response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes);
  });
  expect((await create(`${base}/moved`)).status).toBe(201);
  expect((await sim.pins())[0].pictures[0]).toMatchObject({ width: 200, height: 300 });
});

describe('code 1, could not fetch', () => {
  const answers: [string, RequestListener][] = [
    ['404', (_request, response) => response.writeHead(404).end()],
    [
      'a page',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'),
    ],
    ['a redirect to itself', (request, response) => response.writeHead(302, { location: request.url }).end()],
    ['a cut connection', (request) => request.socket.destroy()],
    [
      'a redirect to a private address',
      (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/a.jpg' }).end(),
    ],
  ];
  test.each(answers)('%s', async (_name, listener) => {
    const { sim, create } = await ready();
    const { status, body } = await create(`${await host(listener)}/picture.jpg`);
    expect([status, body.code]).toEqual([400, 1]);
    expect(body.message).toMatch(/could not fetch the image|Unable to reach the URL/);
    expect(await sim.pins()).toEqual([]);
  });

  test('a host that never answers', async () => {
    const { sim, create } = await ready();
    await sim.settings({ imageUrl: { timeoutMs: 40 } });
    const { body } = await create(`${await host(() => {})}/picture.jpg`);
    expect(body).toMatchObject({ code: 1, message: expect.stringContaining('could not fetch') });
  });

  test.each([
    ['http://10.1.2.3/a.jpg', 'Unable to reach'],
    ['http://192.168.0.1/a.jpg', 'Unable to reach'],
    ['http://169.254.169.254/latest/meta-data', 'Unable to reach'],
    ['http://[fd00::1]/a.jpg', 'Unable to reach'],
    ['http://[::ffff:10.0.0.1]/a.jpg', 'Unable to reach'],
    ['http://0x0a000001/a.jpg', 'Unable to reach'],
    ['ftp://example.com/a.jpg', 'Invalid URL'],
    ['file:///etc/passwd', 'Invalid URL'],
    ['not an address', 'Invalid URL'],
  ])('%s, without an attempt', async (url, message) => {
    const { create } = await ready();
    const { status, body } = await create(url);
    expect([status, body.code]).toEqual([400, 1]);
    expect(body.message).toContain(message);
  });

  test('loopback is refused when the setting says so', async () => {
    const { sim, create } = await ready();
    const sample = `${sim.simulator.url}/samples/recipe.jpg`;
    await sim.settings({ imageUrl: { allowLoopback: false } });
    expect((await create(sample)).body.code).toBe(1);
    expect((await create(sample.replace('127.0.0.1', 'localhost'))).body.code).toBe(1);
  });
});

test('a broken image is 235, a small one 233', async () => {
  const { create } = await ready();
  const whole = Buffer.from(await picture({ width: 400, height: 600 }), 'base64');
  const small = Buffer.from(await picture({ width: 60, height: 60 }), 'base64');
  const base = await host((request, response) => {
    response.end(request.url === '/small' ? small : whole.subarray(0, whole.length / 2));
  });
  expect((await create(`${base}/half`)).body.code).toBe(235);
  expect((await create(`${base}/small`)).body.code).toBe(233);
});

test('no Pin is created on a board that is deleted while the image is fetched', async () => {
  const { sim, boardId, create } = await ready();
  const bytes = Buffer.from(await picture(), 'base64');
  const base = await host(async (_request, response) => {
    await sim.control('DELETE', `/boards/${boardId}`);
    response.end(bytes);
  });
  expect((await create(`${base}/a.jpg`)).body.code).toBe(40);
  expect((await sim.control('GET', '/pins?includeDeleted=true')).pins).toEqual([]);
});
