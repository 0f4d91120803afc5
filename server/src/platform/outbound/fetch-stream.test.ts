// Fetches from a local server that misbehaves in every known way.
import type { ServerResponse } from 'node:http';
import type net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clock, closeSites, failureOf, get, outboundTo, serve } from './test-site.fixture.ts';

afterEach(closeSites);

describe('a response', () => {
  it('a response has a status, headers, the final URL and a body', async () => {
    const site = await serve((_request, response) => {
      response.setHeader('content-type', 'image/png').end('hello');
    });
    const fetched = await outboundTo([site.pair]).fetchStream(`${site.url}a?b=c`, { bytesMax: 5 });
    expect(fetched).toMatchObject({ status: 200, url: `${site.url}a?b=c` });
    expect(fetched.headers['content-type']).toBe('image/png');
    expect(Buffer.concat(await fetched.body.toArray()).toString()).toBe('hello');
    expect(site.requests[0]?.url).toBe('/a?b=c');
    expect(site.requests[0]?.headers).toMatchObject({ host: site.pair, 'accept-encoding': 'identity' });
    expect(site.requests[0]?.headers['user-agent']).toMatch(/^Pintail\/\d+\.\d+\.\d+ \(\+media fetch\)$/);
  });

  it('a response is fetched without the proxies of the environment', async () => {
    const site = await serve((_request, response) => void response.end('direct'));
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9').stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    await expect(get(site)).resolves.toBe('direct');
    vi.unstubAllEnvs();
  });

  it('a response leaves no connection open, whether it was read, destroyed or ignored', async () => {
    const site = await serve((_request, response) => void response.end('x'.repeat(200_000)));
    const outbound = outboundTo([site.pair]);
    const closed = () => vi.waitFor(() => expect(openConnections(site.server)).resolves.toBe(0));
    await get(site);
    await closed();
    const destroyed = await outbound.fetchStream(site.url, { bytesMax: 1_000_000 });
    destroyed.body.destroy();
    await closed();
    await outbound.fetchStream(site.url, { bytesMax: 1_000_000, timeoutMs: 1000 });
    clock.advance(1000);
    await closed();
  });

  it.each([
    [404, 'There is no file'],
    [403, 'without signing in'],
    [503, 'Try again later'],
    [304, 'directly to the file'],
  ])('with status %i is a failure with a remedy', async (status, remedy) => {
    const site = await serve((_request, response) => void response.writeHead(status).end());
    const failure = await failureOf(get(site));
    expect(failure.reason).toBe('http_status');
    expect(failure.message).toContain(`answered ${status}`);
    expect(failure.message).toContain(remedy);
  });
});

function openConnections(server: net.Server): Promise<number> {
  return new Promise((done) => server.getConnections((_error, count) => done(count)));
}

describe('the size of a body', () => {
  it('a body is limited when the server announces no length and never ends', async () => {
    const site = await serve((_request, response) => pour(response, 64 * 1024));
    const failure = await failureOf(get(site, 300_000));
    expect(failure).toMatchObject({ reason: 'too_large' });
    expect(failure.message).toContain('300000 bytes');
  });

  it('a body is limited to the announced length when the server sends more', async () => {
    const site = await serve((request) => {
      request.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${'x'.repeat(500)}`);
    });
    await expect(get(site, 10)).resolves.toBe('xxxxx');
  });

  it('the first bytes of a body that is too large are returned, so that its type can be detected', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const site = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 50_000_000 }).write(Buffer.alloc(10_000));
      asked.resolve(response);
    });
    const { body } = await outboundTo([site.pair]).fetchStream(site.url, { bytesMax: 1_000_000 });
    const response = await asked.promise;
    let seen = 0;
    const reading = failureOf(
      (async () => {
        for await (const chunk of body) {
          seen += chunk.length;
          response.write(Buffer.alloc(10_000));
        }
      })(),
    );
    expect(await reading).toMatchObject({ reason: 'too_large' });
    expect(seen).toBeGreaterThanOrEqual(16_384);
    expect(seen).toBeLessThan(100_000);
  });

  it('the size of a body is counted after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const site = await serve((_request, response) => {
      response.setHeader('content-encoding', 'GZIP').end(bomb);
    });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await failureOf(get(site, 1_000_000))).toMatchObject({ reason: 'too_large' });
  });

  it('a small compressed body is accepted', async () => {
    const site = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('hello'));
    });
    await expect(get(site)).resolves.toBe('hello');
  });
});

/** Sends chunks until the connection is closed. */
function pour(response: ServerResponse, chunkBytes: number): void {
  const chunk = Buffer.alloc(chunkBytes, 'x');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

describe('the timeout', () => {
  it('the timeout applies when the server accepts the connection and sends nothing', async () => {
    const site = await serve(() => {});
    const asked = failureOf(outboundTo([site.pair]).fetchStream(site.url, { bytesMax: 10 }));
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    clock.advance(15_000);
    const failure = await asked;
    expect(failure).toMatchObject({ reason: 'timeout' });
    expect(failure.message).toContain('within 15 seconds');
  });

  it('the timeout applies to a body that arrives slowly and steadily', async () => {
    const drip = Promise.withResolvers<ServerResponse>();
    const site = await serve((_request, response) => {
      response.write('x');
      drip.resolve(response);
    });
    const reading = failureOf(get(site));
    const response = await drip.promise;
    for (let second = 0; second < 14; second += 1) {
      clock.advance(1000);
      response.write('x');
    }
    clock.advance(1000);
    expect(await reading).toMatchObject({ reason: 'timeout' });
  });

  it('the timeout applies to all redirects together', async () => {
    const arrived = [Promise.withResolvers<ServerResponse>(), Promise.withResolvers<ServerResponse>()];
    const site = await serve((request, response) => arrived[request.url === '/' ? 0 : 1]?.resolve(response));
    const asked = failureOf(get(site));
    const first = await arrived[0]?.promise;
    clock.advance(10_000);
    first?.writeHead(302, { location: '/next' }).end();
    await arrived[1]?.promise;
    clock.advance(5000);
    expect(await asked).toMatchObject({ reason: 'timeout' });
  });

  it('the timeout applies to a name server that does not respond', async () => {
    const resolve = vi.fn(() => new Promise<string[]>(() => {}));
    const asked = failureOf(outboundTo([], { resolve }).fetchStream('http://a.example/', { bytesMax: 10 }));
    await vi.waitFor(() => expect(resolve).toHaveBeenCalled());
    clock.advance(15_000);
    expect(await asked).toMatchObject({ reason: 'timeout' });
  });

  it('the timeout is not awaited when the caller aborts', async () => {
    const site = await serve(() => {});
    const gone = new AbortController();
    const asked = failureOf(
      outboundTo([site.pair]).fetchStream(site.url, { bytesMax: 10, signal: gone.signal }),
    );
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    gone.abort();
    await asked;
    await vi.waitFor(() => expect(openConnections(site.server)).resolves.toBe(0));
  });
});

describe('a connection that fails', () => {
  it('a connection that fails in the middle of the body is a failure rather than a short file', async () => {
    const site = await serve((request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nxxxxx`);
    });
    expect(await failureOf(get(site))).toMatchObject({ reason: 'connection_failed' });
  });

  it('a connection that fails in the middle of a chunked body is a failure', async () => {
    const site = await serve((request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nxxxxx\r\n`);
    });
    expect(await failureOf(get(site))).toMatchObject({ reason: 'connection_failed' });
  });

  it('a connection that fails in the middle of a compressed body is a failure', async () => {
    const site = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(10_000)).subarray(0, 30));
    });
    expect(await failureOf(get(site))).toMatchObject({ reason: 'bad_response' });
  });

  it('a connection to a closed port is a failure', async () => {
    const site = await serve(() => {});
    await closeSites();
    expect(await failureOf(get(site))).toMatchObject({ reason: 'connection_failed' });
  });

  it('a response that is not HTTP has its own reason', async () => {
    const site = await serve((request) => void request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await failureOf(get(site))).toMatchObject({ reason: 'bad_response' });
  });

  it('a server without TLS has its own reason', async () => {
    const site = await serve(() => {});
    const failure = await failureOf(get({ ...site, url: `https://${site.pair}/` }));
    expect(failure).toMatchObject({ reason: 'tls_failed' });
  });
});
