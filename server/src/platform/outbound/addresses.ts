// Decides whether an IP address is on the public internet. Independent of names, ports and HTTP.
import ipaddr from 'ipaddr.js';

// Global unicast, the only part of IPv6 that is assigned (RFC 4291, section 2.4; IANA's IPv6 address space registry).
// Checked in addition to the ranges of ipaddr.js, which reports ::7f00:1 as unicast although it is ::127.0.0.1 in the
// deprecated IPv4-compatible form.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

// Azure's platform address: in a public range, but every virtual machine reaches its own host with it (Microsoft, "What
// is IP address 168.63.129.16?").
const azurePlatform = '168.63.129.16';

/**
 * Returns true if Pintail may connect to an address on behalf of a user. False for addresses that are private, local,
 * shared (CGNAT), multicast, reserved, for documentation or benchmarks, or that embed an IPv4 address (mapped,
 * compatible, NAT64, 6to4, Teredo), and for a text that is not an address.
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js would also accept forms such as 0177.1, which resolvers and the URL parser never produce.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    return address !== azurePlatform && ipaddr.IPv4.parse(address).range() === 'unicast';
  }
  // A zone (fe80::1%eth0) selects one of this machine's own links.
  if (address.includes('%') || !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.match(globalUnicast) && parsed.range() === 'unicast';
}
