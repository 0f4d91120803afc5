// Resolves and checks the addresses of a target.
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { failure } from './failure.ts';
import type { Resolve } from './resolve.ts';
import type { Target } from './target.ts';

/**
 * Returns the addresses to connect to. The host is resolved only once, so that a different second result of the
 * resolver has no effect.
 * @throws OutboundFailure `dns_failed` for a name without an address or with a private one
 */
export async function checkedAddresses(
  { host, isAllowedPrivate }: Target,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const addresses = await unlessAborted(signal, resolve(host, signal)).catch((error: unknown) => {
    throw failure('dns_failed', error);
  });
  if (addresses.length === 0) throw failure('dns_failed');
  // The same failure as for a name that does not exist: callers must not learn the names of an internal network.
  if (!isAllowedPrivate && !addresses.every(isPublicAddress)) throw failure('dns_failed');
  return addresses;
}

/** Waits for the work until the signal is aborted. Does not stop the work itself. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
