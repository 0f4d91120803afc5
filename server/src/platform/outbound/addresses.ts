// Decides whether an IP address is on the public internet. Independent of names, ports and HTTP.
import ipaddr from 'ipaddr.js';

// Global unicast, the only part of IPv6 that is handed out (RFC 4291, section 2.4; IANA's IPv6 address space
// registry). Asked for on top of ipaddr.js's ranges, which know no range for ::7f00:1, that is ::127.0.0.1 in
// the deprecated IPv4-compatible form, and so call it unicast.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

// Azure's platform address: public by its number, yet every machine there finds its own host behind it
// (Microsoft, "What is IP address 168.63.129.16?").
const azurePlatform = '168.63.129.16';

/**
 * Whether an address may be connected to on behalf of a user. True only for ordinary public unicast: anything
 * private, local, shared (CGNAT), multicast, reserved, for documentation or benchmarks, or that hides an IPv4
 * address (mapped, compatible, NAT64, 6to4, Teredo) is not, and neither is a text that is not an address.
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also reads 0177.1 and the like. We only ask about what a resolver or the URL parser wrote.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    return address !== azurePlatform && ipaddr.IPv4.parse(address).range() === 'unicast';
  }
  // A zone (fe80::1%eth0) picks one of this machine's own links.
  if (address.includes('%') || !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.match(globalUnicast) && parsed.range() === 'unicast';
}
