// Makes a socket connect to addresses that were checked before, whatever the resolver would say by now.
import { isIP, type LookupFunction } from 'node:net';

/**
 * A look-up that always gives these addresses. The name itself stays in the Host header and in TLS's server name.
 *
 * @param addresses At least one; Node tries them in this order (RFC 8305).
 */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    if (options.all) return done(null, entries);
    const first = entries[0];
    return first ? done(null, first.address, first.family) : done(new Error('No address.'), '');
  };
}
