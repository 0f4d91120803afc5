// Addresses that are not public, as URLs can write them.

/** The loopback address and others of this machine, as URLs can write them. */
const hosts = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '2130706433', '0x7f000001', '017700000001', '0'],
  ...[
    '0.0.0.0',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '0x7f.0x0.0x0.0x1',
    '00000177.0.0.1',
    '%31%32%37.0.0.1',
  ],
  ...['１２７.0.0.1', '①②⑦.⓪.⓪.①', '127。0。0。1', '127.0.0.1%00', '127.0.0.1%2e', '127.0.0.1%20'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ...[
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
  ],
  ...['[::1%25lo]', '[::1%lo]', '[fe80::1%25eth0]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[::1'],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'localhost.localdomain',
    'ip6-localhost',
  ],
  ...['10.0.0.1', '192.168.0.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1'],
  ...['255.255.255.255', 'printer.local', 'metadata.google.internal', 'host.docker.internal'],
];
const forms: ((host: string, port: number) => string)[] = [
  (host, port) => `http://${host}:${port}/a.jpg`,
  (host, port) => `https://${host}:${port}/a.jpg`,
  (host, port) => `http://example.com@${host}:${port}/a.jpg`,
  (host, port) => `HTTP:\\\\${host}:${port}\\a.jpg`,
];
const schemes = [
  'file',
  'ftp',
  'gopher',
  'ws',
  'data',
  'javascript',
  'unix',
  'jar',
  'dict',
  'ldap',
  'blob',
  'http+unix',
];
/** Returns addresses of this machine that must not be reached, and others that are not URLs. */
export const urlsOfThisMachine = (port: number): string[] => [
  ...hosts.flatMap((host) => forms.map((form) => form(host, port))),
  ...schemes.map((scheme) => `${scheme}://127.0.0.1/a.jpg`),
  ...[
    '//127.0.0.1/a',
    'http:///a',
    'http://',
    'http:',
    ':',
    '',
    'http://a b/',
    'http://[]/',
    `http://127.0.0.1:0/`,
  ],
];
