// A POST to a URL of a caller: the beginning of the response, and whether its host is private.
import { afterEach, expect, test } from 'vitest';
import { closeSites, outboundTo, serve } from './test-site.fixture.ts';

afterEach(closeSites);

async function postTo(site: { pair: string; url: string }) {
  const poster = await outboundTo([site.pair]).openPoster(site.url, { connections: 1, timeoutMs: 10_000 });
  const posting = poster.post({ headers: {}, body: '{}', timeoutMs: 10_000, answerBytesMax: 2_000 });
  return { poster, posting };
}

test('a response is complete once its status has arrived; only the beginning of a large body is read', async () => {
  let written = 0;
  const site = await serve((_request, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(1024 * 1024, 'y');
    // 200 MB, as far as they are read.
    const write = () => {
      while (written < 200 && !response.destroyed) {
        written += 1;
        if (!response.write(chunk)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  const { poster, posting } = await postTo(site);
  expect(await posting).toEqual({ status: 200, text: 'y'.repeat(2_000) });
  expect(written).toBeLessThan(50);
  expect(poster.isAllowedPrivate).toBe(true);
  await poster.close();
});

test('a response that breaks off, or is not text, has the text that arrived', async () => {
  const site = await serve((_request, response) => {
    response.writeHead(202, { 'content-length': '100' });
    response.write(Buffer.from([0xff, 0, 0x41]), () => response.destroy());
  });
  const { poster, posting } = await postTo(site);
  expect(await posting).toEqual({ status: 202, text: '\uFFFD\uFFFDA' });
  await poster.close();
});

test('a public host is not marked as private', async () => {
  const outbound = outboundTo([], { resolve: async () => ['93.184.215.14'] });
  const poster = await outbound.openPoster('https://example.com/', { connections: 1, timeoutMs: 10_000 });
  expect(poster.isAllowedPrivate).toBe(false);
  await poster.close();
});
