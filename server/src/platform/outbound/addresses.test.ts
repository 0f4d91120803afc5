// Tables of the addresses and URLs that are allowed and refused. Every range must be in them.
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './addresses.ts';
import { OutboundFailure } from './failure.ts';
import { parseTarget, readAllowedHosts } from './target.ts';

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '100.63.255.255',
  '100.128.0.0',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
  '2001:4860:4860::8888',
];

const privateAddresses = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254'],
  ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.170'],
  ...['192.0.2.1', '192.31.196.1', '192.52.193.1', '192.88.99.1', '192.168.0.1', '192.175.48.1'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250'],
  ...[
    '240.0.0.1',
    '255.255.255.254',
    '255.255.255.255',
    '168.63.129.16',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.1',
  ],
  ...[
    '::',
    '::1',
    '::7f00:1',
    '::a9fe:a9fe',
    '::8.8.8.8',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ],
  ...['::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::808:808', '64:ff9b:1::a00:1'],
  ...['100::1', '100:0:0:1::1', '1::1', '2001::1', '2001:0:7f00:1::', '2001:2::1', '2001:3::1', '2001:10::1'],
  ...['2001:20::1', '2001:db8::1', '2002:7f00:1::', '2002:808:808::1', '3fff::1', '4000::1', '5f00::1'],
  ...['fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', '2606:4700::1%eth0', 'fec0::1', 'ff02::1'],
  ...['', 'localhost', '8.8.8', '8.8.8.8.8', '1.1.1.1 ', '[2606:4700::1]'],
];

describe('isPublicAddress', () => {
  it.each(publicAddresses)('returns true for %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each(privateAddresses)('returns false for %j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

const refusedUrls: [url: string, reason: string][] = [
  ['http://127.0.0.1/', 'private_address'],
  ['http://127.1/', 'private_address'],
  ['http://127.0.0.1./', 'private_address'],
  ['http://0/', 'private_address'],
  ['http://0x7f000001/', 'private_address'],
  ['http://0x7f.0.0.1/', 'private_address'],
  ['http://0177.0.0.1/', 'private_address'],
  ['http://017700000001/', 'private_address'],
  ['http://2130706433/', 'private_address'],
  ['http://2130706433./', 'private_address'],
  ['http://①②⑦.⓪.⓪.①/', 'private_address'],
  ['http://１２７.0.0.1/', 'private_address'],
  ['http://127。0。0。1/', 'private_address'],
  ['http://%31%32%37.0.0.1/', 'private_address'],
  ['http:\\\\127.0.0.1\\', 'private_address'],
  ['http:127.0.0.1', 'private_address'],
  ['http:////127.0.0.1/', 'private_address'],
  ['ht\ntp://127.0\t.0.1/', 'private_address'],
  ['  http://10.0.0.1/', 'private_address'],
  ['HTTP://192.168.0.1/', 'private_address'],
  ['http://169.254.169.254/latest/meta-data/', 'private_address'],
  ['http://[::1]/', 'private_address'],
  ['http://[::]/', 'private_address'],
  ['http://[::127.0.0.1]/', 'private_address'],
  ['http://[::ffff:127.0.0.1]/', 'private_address'],
  ['http://[::ffff:a9fe:a9fe]/', 'private_address'],
  ['http://[64:ff9b::10.0.0.1]/', 'private_address'],
  ['http://[2002:7f00:1::]/', 'private_address'],
  ['http://[fd00:ec2::254]/', 'private_address'],
  ['http://[fe80::1]/', 'private_address'],
  ['http://localhost/', 'private_address'],
  ['http://LOCALHOST:80/', 'private_address'],
  ['http://localhost./', 'private_address'],
  ['http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', 'private_address'],
  ['http://a.localhost/', 'private_address'],
  ['http://localhost.localdomain/', 'private_address'],
  ['http://printer.local/', 'private_address'],
  ['http://nas.home.arpa/', 'private_address'],
  ['http://metadata.google.internal/', 'private_address'],
  ['http://host.docker.internal:5432/', 'private_address'],
  ['http://[fe80::1%25eth0]/', 'bad_url'],
  ['http://example.com./', 'bad_url'],
  ['http://134744072/', 'bad_url'],
  ['http://0x8.8.8.8/', 'bad_url'],
  ['//134744072/x', 'bad_url'],
  ['http://user@example.com/', 'bad_url'],
  ['http://user:pass@example.com/', 'bad_url'],
  ['http://:pass@example.com/', 'bad_url'],
  ['http://example.com:0/', 'bad_url'],
  ['http://example.com:99999/', 'bad_url'],
  ['http://1.2.3.4.5/', 'bad_url'],
  ['http:///', 'bad_url'],
  ['file:///etc/passwd', 'bad_url'],
  ['ftp://example.com/', 'bad_url'],
  ['gopher://example.com/', 'bad_url'],
  ['data:image/png;base64,AAAA', 'bad_url'],
  ['javascript:alert(1)', 'bad_url'],
  ['picture.jpg', 'bad_url'],
  ['', 'bad_url'],
  [`http://example.com/${'a'.repeat(9000)}`, 'bad_url'],
];

describe('parseTarget', () => {
  it.each(refusedUrls)('refuses %j', (url, reason) => {
    const parse = () =>
      parseTarget(url, new Set(), url.startsWith('//') ? new URL('http://a.com') : undefined);
    expect(parse).toThrow(OutboundFailure);
    expect(parse).toThrow(expect.objectContaining({ reason }));
  });

  it.each([
    ['https://example.com/a.jpg?x=1#y', 'example.com', 443],
    ['http://bücher.example:8080/', 'xn--bcher-kva.example', 8080],
    ['http://8.8.8.8/', '8.8.8.8', 80],
    ['https://[2606:4700::1111]/', '2606:4700::1111', 443],
    ['http://my_bucket.example.com/', 'my_bucket.example.com', 80],
    ['http://local.example.com/', 'local.example.com', 80],
  ])('accepts %s', (url, host, port) => {
    expect(parseTarget(url, new Set())).toMatchObject({ host, port, isAllowedPrivate: false });
  });

  it('accepts a private host only with the port that the operator allowed', () => {
    const allowed = readAllowedHosts(['localhost:9000', '10.0.0.5:80', '[::1]:9000']);
    expect(parseTarget('http://LocalHost:9000/a', allowed).isAllowedPrivate).toBe(true);
    expect(parseTarget('http://10.0.0.5/a', allowed).isAllowedPrivate).toBe(true);
    expect(parseTarget('http://[::1]:9000/a', allowed)).toMatchObject({
      isAllowedPrivate: true,
      host: '::1',
    });
    expect(() => parseTarget('http://localhost:9001/a', allowed)).toThrow(OutboundFailure);
    expect(() => parseTarget('https://10.0.0.5/a', allowed)).toThrow(OutboundFailure);
    expect(() => parseTarget('http://10.0.0.6/a', allowed)).toThrow(OutboundFailure);
  });

  it.each(['localhost', 'http://localhost:1', 'a:b', 'a:1/x', 'user@a:1', ''])(
    'throws for %j, which is not a pair of host and port',
    (pair) => {
      expect(() => readAllowedHosts([pair])).toThrow('is not a pair');
    },
  );
});
