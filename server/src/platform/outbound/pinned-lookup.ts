// Makes sockets connect to addresses that have been checked, instead of resolving the name again.
import { isIP, type LookupFunction } from 'node:net';

/**
 * Returns a lookup function that always returns these addresses. The Host header and the TLS server name keep the name.
 *
 * @param addresses At least one. Node tries them in this order (RFC 8305)
 */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    if (options.all) return done(null, entries);
    const first = entries[0];
    return first ? done(null, first.address, first.family) : done(new Error('No address.'), '');
  };
}
