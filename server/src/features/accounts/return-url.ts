// The address of the caller's app to which the owner of an account returns after connecting it. The key that creates the
// link fixes it; no request of a browser can change it, so the server is not an open redirect.
import type { Detail } from '../../platform/errors.ts';

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Returns the problem of a return URL; undefined for one that is allowed: https, or http of this machine for development.
 * @param origins The origins that the operator allows; any if it is empty
 */
export function problemOfReturnUrl(text: string, origins: readonly string[]): Detail | undefined {
  const url = URL.parse(text);
  const isLoopback = url !== null && url.protocol === 'http:' && loopbackHosts.includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || isLoopback)) {
    return problem('invalid_url', 'Must be a complete https URL, or an http URL of localhost.');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return problem('invalid_url', 'Must not contain a user name, a password or a fragment.');
  }
  if (origins.length === 0 || origins.includes(url.origin)) return undefined;
  return problem('not_allowed', 'The origin of this URL is not in the setting CONNECT_RETURN_ORIGINS.');
}

const problem = (code: string, message: string): Detail => ({ path: 'returnUrl', code, message });

/** The outcome of a connection, as parameters of the return URL. */
export type ConnectOutcome = { accountId: string } | { error: string };

/** Returns the return URL with the outcome and the caller's `state`. */
export function withOutcome(returnUrl: string, state: string | null, outcome: ConnectOutcome): string {
  const url = new URL(returnUrl);
  for (const name of ['accountId', 'error', 'state']) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value);
  if (state !== null) url.searchParams.set('state', state);
  return url.href;
}
