import { hexAddress, wordAddress } from './address.ts';

/** One line of the kernel's routing table, as far as it tells something about this host. */
export interface Route {
  readonly network: string;
  /** Prefix length. */
  readonly bits: number;
  /** Next hop; null where the network is on the link. */
  readonly gateway: string | null;
  readonly interface: string;
  /** True when packets for it are delivered here (IPv6; IPv4 says so in `fib_trie`). */
  readonly local: boolean;
}

// include/uapi/linux/route.h, ipv6_route.h
const up = 0x1;
const viaGateway = 0x2;
const reject = 0x200;
const localRoute = 0x8000_0000;

/** A line of `/proc/net/route`; null for its head, a route that refuses, and what is no route. */
export function parseRoute(line: string, littleEndian: boolean): Route | null {
  const [name = '', destination = '', gateway = '', flagText = '', , , , mask = ''] = line.trim().split(/\s+/);
  const flags = hexNumber(flagText);
  const network = wordAddress(destination, littleEndian);
  const hop = wordAddress(gateway, littleEndian);
  const bits = maskBits(wordAddress(mask, littleEndian));
  if (network === null || hop === null || bits === null || destination.length !== 8) return null;
  if ((flags & up) === 0 || (flags & reject) !== 0) return null;
  return { network, bits, gateway: (flags & viaGateway) === 0 ? null : hop, interface: name, local: false };
}

/** A line of `/proc/net/ipv6_route`; null for a route that refuses and for what is no route. */
export function parseIpv6Route(line: string): Route | null {
  const [destination = '', prefix = '', , , gateway = '', , , , flagText = '', name = ''] = line.trim().split(/\s+/);
  const flags = hexNumber(flagText);
  const network = hexAddress(destination);
  const hop = hexAddress(gateway);
  const bits = hexNumber(prefix);
  if (network === null || hop === null || !(bits <= 128) || name === '') return null;
  if ((flags & up) === 0 || (flags & reject) !== 0) return null;
  const local = flags >= localRoute;
  return { network, bits, gateway: (flags & viaGateway) === 0 ? null : hop, interface: name, local };
}

function hexNumber(text: string): number {
  return /^[0-9a-fA-F]{1,8}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

function maskBits(mask: string | null): number | null {
  if (mask === null) return null;
  const bits = mask
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : null;
}
