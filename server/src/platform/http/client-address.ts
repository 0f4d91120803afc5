// The address of a client for the log: that of the connection, or the one that trusted proxies report.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Longer values of a header of a proxy are cut. */
const charactersMax = 200;
/** Each proxy adds one address. More come from a client that invents them. */
const hopsMax = 20;

/**
 * Returns the address of the client. X-Forwarded-For is read from its end while the sender is a trusted proxy, so that what a
 * client puts before it has no effect.
 */
export function clientAddress(
  request: IncomingMessage,
  isTrusted: (address: string) => boolean,
): string | null {
  let address = plain(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
    .split(',')
    .slice(-hopsMax);
  while (isTrusted(address)) {
    const next = plain(hops.pop()?.trim() ?? '');
    if (isIP(next) === 0) break;
    address = next;
  }
  return address || null;
}

/** `::ffff:192.0.2.1` is `192.0.2.1`. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Returns the ids that proxies gave the request, for the log: they connect its lines with those of the proxy. */
export function proxyIds({ headers }: IncomingMessage): { proxyRequestId?: string; traceparent?: string } {
  const cut = (value: string | string[] | undefined) => value?.toString().slice(0, charactersMax);
  const proxyRequestId = cut(headers['x-request-id']);
  const traceparent = cut(headers.traceparent);
  return { ...(proxyRequestId && { proxyRequestId }), ...(traceparent && { traceparent }) };
}
