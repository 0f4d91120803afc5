// The destination of a URL, as spacing rules compare it.
import { createHash } from 'node:crypto';

/** PostgreSQL indexes no text over 2,700 bytes; an address of foreign letters can be nine times as long as written. */
const keyLengthMax = 500;

/**
 * The URL without the parts that do not change its destination: scheme, `www.`, default port, credentials, trailing
 * slashes, fragment, tracking parameters. The host is in lower case; the other parameters keep their order.
 * @param trackingParameters Names; one that ends with `*` stands for all that begin so.
 */
export function destinationKey(url: string, trackingParameters: readonly string[]): string {
  // Stored URLs were checked, but no text may make a request fail here.
  const key = URL.canParse(url) ? normalise(new URL(url), trackingParameters) : url;
  return key.length <= keyLengthMax ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function normalise(url: URL, trackingParameters: readonly string[]): string {
  const host = url.hostname.replace(/^www\./, '').replace(/\.$/, '');
  const port = url.port === '' ? '' : `:${url.port}`;
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !isTracking(nameOf(part), trackingParameters))
    .join('&');
  return `${host}${port}${url.pathname.replace(/\/+$/, '')}${query === '' ? '' : `?${query}`}`;
}

function nameOf(part: string): string {
  const [name = ''] = part.split('=', 1);
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

function isTracking(name: string, trackingParameters: readonly string[]): boolean {
  return trackingParameters.some((known) => {
    const plain = known.toLowerCase();
    return plain.endsWith('*') ? name.startsWith(plain.slice(0, -1)) : name === plain;
  });
}
