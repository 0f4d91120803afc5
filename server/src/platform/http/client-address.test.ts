import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createTestApp } from '../../../test/app.ts';
import { createTrust, isNetwork } from '../networks.ts';
import { clientAddress, proxyIds } from './client-address.ts';

const asked = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

test.each<[string, string, string | undefined, string[], string]>([
  ['without a trusted proxy the header is not believed', '10.0.0.1', '203.0.113.9', [], '10.0.0.1'],
  ['a trusted proxy is believed', '10.0.0.1', '203.0.113.9', ['10.0.0.0/8'], '203.0.113.9'],
  [
    'what the client invented before it is not',
    '10.0.0.1',
    '1.2.3.4, 203.0.113.9',
    ['10.0.0.1'],
    '203.0.113.9',
  ],
  ['several proxies', '10.0.0.1', '203.0.113.9, 10.0.0.2', ['10.0.0.0/8'], '203.0.113.9'],
  ['a broken header', '10.0.0.1', 'nonsense', ['10.0.0.0/8'], '10.0.0.1'],
  ['no header', '10.0.0.1', undefined, ['10.0.0.0/8'], '10.0.0.1'],
  ['an address of IPv4 within IPv6', '::ffff:10.0.0.1', '::ffff:203.0.113.9', ['10.0.0.0/8'], '203.0.113.9'],
  ['IPv6', 'fd00::1', '2001:db8::7', ['fd00::/8'], '2001:db8::7'],
  ['thousands of addresses', '10.0.0.1', '10.0.0.1,'.repeat(5000), ['10.0.0.0/8'], '10.0.0.1'],
])('the address of a client: %s', (_, remote, forwarded, trusted, expected) => {
  expect(clientAddress(asked(remote, forwarded), createTrust(trusted))).toBe(expected);
});

test('networks', () => {
  expect(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'].every(isNetwork)).toBe(true);
  expect(['10.0.0', '10.0.0.0/33', 'x', '10.0.0.0/8/8', '10.0.0.0/', '::/129', ''].some(isNetwork)).toBe(
    false,
  );
});

test('ids of proxies are bounded', () => {
  const headers = { 'x-request-id': 'a'.repeat(5000), traceparent: '00-ab-cd-01' };
  const ids = proxyIds({ headers } as unknown as IncomingMessage);
  expect(ids.proxyRequestId).toHaveLength(200);
  expect(ids.traceparent).toBe('00-ab-cd-01');
});

test('a request line has the address and the ids of the proxy, beside an id of our own', async () => {
  const app = await createTestApp({ config: { trustedProxies: ['127.0.0.1'] } });
  await fetch(`${app.url}/v1/me`, {
    headers: {
      authorization: `Bearer ${app.key}`,
      'x-forwarded-for': '203.0.113.9',
      'x-request-id': 'proxy-7',
    },
  });
  const line = app.logLines.find(({ msg, path }) => msg === 'request' && path === '/v1/me');
  expect(line).toMatchObject({
    client: '203.0.113.9',
    proxyRequestId: 'proxy-7',
    requestId: expect.stringMatching(/^req_/),
  });
  await app.stop();
});
