import type { Random } from './random.ts';

/**
 * First octets by the registry that gave them out, so that countries come out in plausible proportions.
 * Only blocks without a reserved part, but for those that `isReserved` sorts out. Source: IANA IPv4 address space registry.
 */
const asia = [
  1, 14, 27, 36, 39, 42, 43, 49, 58, 59, 60, 61, 101, 103, 106, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120,
];
const asiaToo = [121, 122, 123, 124, 125, 126, 175, 180, 182, 183, 202, 203, 210, 211, 218, 219, 220, 221, 222, 223];
const europe = [2, 5, 31, 37, 46, 62, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 109, 141, 145];
const europeToo = [151, 176, 178, 185, 188, 193, 194, 195, 212, 213, 217];
const northAmerica = [
  8, 12, 23, 24, 34, 35, 45, 47, 50, 52, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 96, 97, 98, 99,
];
const northAmericaToo = [104, 107, 108, 142, 162, 173, 174, 184, 199, 204, 205, 206, 207, 208, 209, 216];
const latinAmerica = [177, 179, 181, 186, 187, 189, 190, 191, 200, 201];
const africa = [41, 102, 105, 154, 196, 197];
const registries: readonly (readonly [weight: number, firstOctets: readonly number[]])[] = [
  [0.4, [...asia, ...asiaToo]],
  [0.26, [...europe, ...europeToo]],
  [0.2, [...northAmerica, ...northAmericaToo]],
  [0.1, latinAmerica],
  [0.04, africa],
];

/** Reserved or special IPv4 ranges as [first address, prefix length]. Source: IANA special-purpose address registry. */
const reserved: readonly (readonly [address: number, length: number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc01fc400, 24],
  [0xc034c100, 24],
  [0xc0586300, 24],
  [0xc0a80000, 16],
  [0xc0af3000, 24],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 4],
  [0xf0000000, 4],
];

/** Whether an IPv4 address (as an unsigned 32-bit number) can be no source on the public Internet. */
export function isReservedIpv4(address: number): boolean {
  return reserved.some(([first, length]) => (address ^ first) >>> (32 - length) === 0);
}

/** Dotted decimal. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The reverse of `ipv4Text`; the text must be an IPv4 address. */
export function ipv4Number(text: string): number {
  return text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** An address of the public IPv4 Internet as a number: random, never reserved, never a network's .0 or .255. It accuses nobody. */
export function publicIpv4(random: Random): number {
  let point = random.unit();
  let firstOctets = africa as readonly number[];
  for (const [weight, octets] of registries) {
    if (point < weight) {
      firstOctets = octets;
      break;
    }
    point -= weight;
  }
  for (;;) {
    const rest = random.below(0x1000000);
    const address = random.pick(firstOctets) * 0x1000000 + rest;
    const last = rest & 255;
    if (last !== 0 && last !== 255 && !isReservedIpv4(address)) return address;
  }
}

/** Eight groups of four hexadecimal digits, never shortened: the way the kernel prints them. */
export function ipv6Text(groups: readonly number[]): string {
  return groups.map(group).join(':');
}

/** One group of an IPv6 address. */
export function group(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** The first four groups (a /64, without the colon after it) of a public IPv6 network of one of the five registries. */
export function publicIpv6Network(random: Random): string {
  const first = random.pick([
    0x2400, 0x2408, 0x240e, 0x2600, 0x2601, 0x2604, 0x2800, 0x2804, 0x2a00, 0x2a01, 0x2a02, 0x2a0e, 0x2c0f,
  ]);
  return ipv6Text([first, random.below(65536), random.below(65536), random.below(65536)]);
}

/** Four random groups: the interface part of an address that privacy extensions or a scanner would make. */
export function interfacePart(random: Random): string {
  return ipv6Text([random.below(65536), random.below(65536), random.below(65536), random.below(65536)]);
}

/** A unicast MAC address with the maker's prefix of a common network card. */
export function macAddress(random: Random): string {
  const maker = random.pick(['00:25:90', '3c:ec:ef', '52:54:00', 'b8:27:eb', 'f0:9f:c2']);
  const octet = (): string => random.below(256).toString(16).padStart(2, '0');
  return `${maker}:${octet()}:${octet()}:${octet()}`;
}
