// Redirects and host names must not lead a fetch into the internal network.
import net from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeSites, failureOf, get, outboundTo, serve } from './test-site.fixture.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await closeSites();
});

describe('redirects', () => {
  it('redirects are followed to the file, including relative ones', async () => {
    const site = await serve((request, response) => {
      if (request.url === '/') response.writeHead(301, { location: 'a/b' }).end('moved');
      else if (request.url === '/a/b') response.writeHead(307, { location: '?c' }).end();
      else response.end('file');
    });
    const fetched = await outboundTo([site.pair]).fetchStream(site.url, { bytesMax: 100 });
    expect(fetched.url).toBe(`${site.url}a/b?c`);
    expect((await fetched.body.toArray()).join('')).toBe('file');
  });

  it('redirects in a loop end after five', async () => {
    const site = await serve((_request, response) => void response.writeHead(302, { location: '/' }).end());
    expect(await failureOf(get(site))).toMatchObject({ reason: 'too_many_redirects' });
    expect(site.requests).toHaveLength(6);
  });

  it.each([
    ['http://127.0.0.1:1/', 'private_address'],
    ['http://[::ffff:127.0.0.1]/', 'private_address'],
    ['//169.254.169.254/latest/meta-data/', 'private_address'],
    ['http://localhost/', 'private_address'],
    ['file:///etc/passwd', 'bad_url'],
    ['http://user:pass@example.com/', 'bad_url'],
    ['http://private.example/', 'dns_failed'],
  ])('to %s are not followed', async (location, reason) => {
    const site = await serve((_request, response) => void response.writeHead(302, { location }).end());
    const outbound = outboundTo([site.pair], { resolve: async () => ['10.0.0.1'] });
    expect(await failureOf(outbound.fetchStream(site.url, { bytesMax: 10 }))).toMatchObject({ reason });
  });

  it('redirects to another origin are requested without the headers of the caller', async () => {
    const other = await serve((_request, response) => void response.end());
    const site = await serve((_request, response) => {
      response.writeHead(302, { location: other.url, 'set-cookie': 'a=b' }).end();
    });
    const outbound = outboundTo([site.pair, other.pair]);
    const { body } = await outbound.fetchStream(site.url, { bytesMax: 10, headers: { 'x-key': 'secret' } });
    body.destroy();
    expect(site.requests[0]?.headers).toMatchObject({ 'x-key': 'secret' });
    expect(other.requests[0]?.headers).not.toHaveProperty('x-key');
    expect(other.requests[0]?.headers).not.toHaveProperty('cookie');
  });
});

describe('host names', () => {
  const fetchName = (addresses: string[]) =>
    failureOf(
      outboundTo([], { resolve: async () => addresses }).fetchStream('http://a.example/', { bytesMax: 10 }),
    );

  it('host names with a private address are refused exactly like names that do not exist', async () => {
    const failure = await fetchName(['8.8.8.8', '2606:4700::1', '10.1.2.3']);
    expect(failure.reason).toBe('dns_failed');
    expect(failure.message).not.toContain('10.1.2.3');
    expect(failure.message).toBe((await fetchName([])).message);
  });

  it('host names without an address fail with `dns_failed`', async () => {
    expect(await fetchName([])).toMatchObject({ reason: 'dns_failed' });
    const resolve = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const asked = outboundTo([], { resolve }).fetchStream('http://a.example/', { bytesMax: 10 });
    expect(await failureOf(asked)).toMatchObject({ reason: 'dns_failed' });
  });

  it('host names that change their address after the check are connected to at the checked addresses', async () => {
    const answers = [['93.184.215.14', '2606:4700::1'], ['127.0.0.1']];
    const resolve = vi.fn(async () => answers.shift() ?? []);
    const connect = vi.spyOn(net, 'connect').mockImplementation(() => {
      const socket = new net.Socket();
      process.nextTick(() => socket.destroy(new Error('no network in this test')));
      return socket;
    });
    const asked = outboundTo([], { resolve }).fetchStream('http://rebind.example/', { bytesMax: 10 });
    expect(await failureOf(asked)).toMatchObject({ reason: 'connection_failed' });

    expect(resolve).toHaveBeenCalledTimes(1);
    expect(connect).toHaveBeenCalledTimes(1);
    const { lookup, host } = (connect.mock.calls[0] ?? [{}])[0] as net.TcpNetConnectOpts;
    expect(host).toBe('rebind.example');
    const found = await new Promise((done) =>
      lookup?.('rebind.example', { all: true }, (_error, addresses) => done(addresses)),
    );
    expect(found).toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
  });

  it('host names are sent in the Host header to the checked address', async () => {
    const site = await serve((_request, response) => void response.end('x'));
    const resolve = vi.fn(async () => ['127.0.0.1']);
    const outbound = outboundTo([`files.example:${site.port}`], { resolve });
    const { body } = await outbound.fetchStream(`http://files.example:${site.port}/`, { bytesMax: 10 });
    body.destroy();
    expect(site.requests[0]?.headers.host).toBe(`files.example:${site.port}`);
    expect(resolve).toHaveBeenCalledTimes(1);
  });
});
