// Parses and checks a URL: scheme, host and port. Does not resolve the host.
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { badUrl, failure } from './failure.ts';

export interface Target {
  url: URL;
  /** A host name, or an address without brackets. */
  host: string;
  port: number;
  /** Allowed by the operator, although its address may be private. */
  isAllowedPrivate: boolean;
}

/** Longer than signed URLs of the large object stores. */
const urlCharactersMax = 8192;

// Names of this machine or its network, independent of the resolver: RFC 6761 (localhost), RFC 6762 (local), ICANN's
// private-use name (internal, which clouds and Docker use for metadata and host names), RFC 8375 (home.arpa).
const localNames = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/;

/**
 * Parses and checks a URL.
 *
 * @param base The base of a `Location` header, which may be relative
 * @throws OutboundFailure `bad_url` or `private_address`
 */
export function parseTarget(text: string, allowedPrivateHosts: ReadonlySet<string>, base?: URL): Target {
  if (text.length > urlCharactersMax) throw badUrl('The URL is too long.');
  const url = URL.parse(text, base?.href);
  if (!url) throw badUrl('This is not a URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw badUrl(`URLs that begin with ${url.protocol} are not supported.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw badUrl('The URL contains a user name or a password.');
  }
  const port = url.port === '' ? defaultPort(url) : Number(url.port);
  if (port === 0) throw badUrl('Port 0 is not valid.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { url, host, port };
  if (allowedPrivateHosts.has(`${url.hostname}:${port}`)) return { ...target, isAllowedPrivate: true };

  if (isIP(host) !== 0 ? !isPublicAddress(host) : localNames.test(host.replace(/\.$/, ''))) {
    throw failure('private_address');
  }
  if (host.endsWith('.')) throw badUrl('The host name ends in a dot.');
  // The URL parser reads 0x7f.1, 2130706433 and ①②⑦.0.0.1 as IPv4. Real public addresses are not written like this.
  if (isIP(host) === 4 && authorityOf(text, base) !== host) {
    throw badUrl('The IPv4 address in this URL is not written as four decimal numbers.');
  }
  return { ...target, isAllowedPrivate: false };
}

/**
 * Parses the operator's list of `host:port` pairs.
 *
 * @throws Error with the first entry that is not a pair
 */
export function readAllowedHosts(pairs: readonly string[]): ReadonlySet<string> {
  return new Set(
    pairs.map((pair) => {
      const url = URL.parse(`http://${pair}`);
      const isPair =
        url !== null && /:\d+$/.test(pair) && url.host !== '' && url.href === `http://${url.host}/`;
      if (!isPair) throw new Error(`"${pair}" is not a pair of host and port, such as media.lan:8080.`);
      return `${url.hostname}:${url.port === '' ? defaultPort(url) : url.port}`;
    }),
  );
}

function defaultPort(url: URL): number {
  return url.protocol === 'https:' ? 443 : 80;
}

/** Returns the host as it is written in the URL, or the host of the base for a relative reference. */
function authorityOf(text: string, base: URL | undefined): string | undefined {
  const written = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#:]*)/i.exec(text)?.[1];
  return written ?? base?.hostname;
}
