// Resolves host names without blocking the rest of the process.
import { lookup, Resolver } from 'node:dns/promises';

/**
 * Returns every address of a host name. Rejects if there is none.
 *
 * @param signal Aborts the lookup
 */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

/**
 * Queries the name servers directly (c-ares), and uses the operating system only for names that they do not have, such
 * as those in /etc/hosts. The system's getaddrinfo cannot be aborted and occupies one of the four threads that files
 * and images share, so a few unresponsive name servers would block everything.
 */
export const systemResolve: Resolve = async (host, signal) => {
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    // The system would query the same unresponsive servers again.
    if (reasons.some((reason) => reason.code === 'ETIMEOUT' || reason.code === 'ECANCELLED'))
      throw reasons[0];
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  return (await lookup(host, { all: true })).map(({ address }) => address);
};
