// From the text of a URL to a place that may be asked: scheme, host, port. Resolves nothing.
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { badUrl, failure } from './failure.ts';

export interface Target {
  url: URL;
  /** A name, or an address without brackets. */
  host: string;
  port: number;
  /** Named by the operator: may be fetched although its address is private. */
  isAllowedPrivate: boolean;
}

/** Longer than any signed URL of the big object stores. */
const urlCharactersMax = 8192;

// Names that mean this machine or its own network whatever the resolver says: RFC 6761 (localhost), RFC 6762
// (local), ICANN's private-use name (internal; also where the clouds and Docker keep their metadata and host
// names), RFC 8375 (home.arpa).
const localNames = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/;

/**
 * Reads and judges a URL.
 *
 * @param base For a `Location` header, which may be relative.
 * @throws OutboundFailure `bad_url` or `private_address`
 */
export function parseTarget(text: string, allowedPrivateHosts: ReadonlySet<string>, base?: URL): Target {
  if (text.length > urlCharactersMax) throw badUrl('The URL is too long.');
  const url = URL.parse(text, base?.href);
  if (!url) throw badUrl('This is not a URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw badUrl(`A URL that begins with ${url.protocol} cannot be fetched.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw badUrl('The URL contains a user name or a password, which are not sent.');
  }
  const port = url.port === '' ? defaultPort(url) : Number(url.port);
  if (port === 0) throw badUrl('Port 0 cannot be connected to.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { url, host, port };
  if (allowedPrivateHosts.has(`${url.hostname}:${port}`)) return { ...target, isAllowedPrivate: true };

  if (isIP(host) !== 0 ? !isPublicAddress(host) : localNames.test(host.replace(/\.$/, ''))) {
    throw failure('private_address');
  }
  if (host.endsWith('.')) throw badUrl('The host name ends in a dot.');
  // The URL parser reads 0x7f.1, 2130706433 and ①②⑦.0.0.1 as IPv4. Nobody writes a public address so.
  if (isIP(host) === 4 && authorityOf(text, base) !== host) {
    throw badUrl('The address in this URL is not written as four decimal numbers.');
  }
  return { ...target, isAllowedPrivate: false };
}

/**
 * Reads the operator's list of `host:port` pairs.
 *
 * @throws Error naming the first entry that is not a pair
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

/** The host as it was typed, or the base's for a relative reference. */
function authorityOf(text: string, base: URL | undefined): string | undefined {
  const typed = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#:]*)/i.exec(text)?.[1];
  return typed ?? base?.hostname;
}
