// The addresses of a target, judged. What is returned is what is connected to.
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { failure } from './failure.ts';
import type { Resolve } from './resolve.ts';
import type { Target } from './target.ts';

/** Resolves once, so that a second answer of the resolver cannot matter. */
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
  if (!isAllowedPrivate && !addresses.every(isPublicAddress)) throw failure('private_address');
  return addresses;
}

/** Stops waiting, whether or not the work itself can be stopped. */
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
