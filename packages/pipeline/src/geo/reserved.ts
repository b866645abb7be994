import { BlockList } from 'node:net';

/**
 * Addresses that belong to nobody's country: the special-purpose registries of IANA (RFC 6890 and its successors) and multicast. Databases built
 * from registry data name one for some of them (203.0.113.0/24: AU).
 */
// A list each: one list would find an IPv4 address in `::/16`, as IPv4-mapped.
const reserved4 = new BlockList();
const reserved6 = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  reserved4.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 16],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:2::', 48],
  ['2001:10::', 28],
  ['2001:20::', 28],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 6],
] as const) {
  reserved6.addSubnet(network, bits, 'ipv6');
}

/** True for an address that no country or network is behind; `family` says what `address` is. IPv4-mapped ones: ask for the IPv4 in it. */
export function isReserved(address: string, family: 4 | 6): boolean {
  return family === 4 ? reserved4.check(address, 'ipv4') : reserved6.check(address, 'ipv6');
}
