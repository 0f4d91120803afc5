// From a host name to its addresses, without ever holding up the rest of the process.
import { lookup, Resolver } from 'node:dns/promises';

/**
 * Looks up every address of a host name. Rejects when there is none.
 *
 * @param signal Gives up the look-up.
 */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

/**
 * Asks the name servers ourselves (c-ares) and the operating system only for names they do not know, such as
 * those in /etc/hosts. The system's getaddrinfo cannot be interrupted and waits on one of the four threads that
 * files and pictures share, so that a few dead name servers would stall everything.
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
    // A server that does not answer is not asked a second time through the system.
    if (reasons.some((reason) => reason.code === 'ETIMEOUT' || reason.code === 'ECANCELLED'))
      throw reasons[0];
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  return (await lookup(host, { all: true })).map(({ address }) => address);
};
