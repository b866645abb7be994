import { isIPv4, isIPv6 } from 'node:net';
import { DroplensError } from '@droplens/runtime';

/** A range of addresses as the database stores them: IPv4 as IPv4-mapped IPv6. */
export interface Network {
  /** First address, IPv6 text. */
  readonly from: string;
  /** Last address, IPv6 text. */
  readonly to: string;
  /** Prefix length within 128 bits: 96 + n for IPv4. */
  readonly bits: number;
  /** As a person writes it: `203.0.113.0/24`, `2001:db8::1`. */
  readonly text: string;
}

/** Reads an address or a CIDR (`203.0.113.9`, `203.0.113.0/24`, `2001:db8::/32`); bits behind the prefix are cut. DL_USAGE otherwise. */
export function parseNetwork(text: string): Network {
  const match = /^([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text.trim());
  const address = match?.[1] ?? '';
  const plain = isIPv4(address);
  if (!plain && !isIPv6(address)) {
    throw new DroplensError(
      'DL_USAGE',
      `'${text.slice(0, 60)}' is no address: expected 203.0.113.9, 203.0.113.0/24 or an IPv6 address or prefix`,
    );
  }
  const size = plain ? 32 : 128;
  const length = match?.[2] === undefined ? size : Number(match[2]);
  if (length > size)
    throw new DroplensError('DL_USAGE', `'${text.slice(0, 60)}': a prefix of this family has at most ${size} bits`);
  const bits = 128 - size + length;
  const number = addressNumber(address);
  const rest = (1n << BigInt(128 - bits)) - 1n;
  const from = number & ~rest;
  return {
    from: addressText(from),
    to: addressText(from | rest),
    bits,
    text: length === size ? shortAddress(addressText(from)) : networkText(from, bits),
  };
}

/** The network of `bits` within 128 that holds `address`, as a person writes it. */
export function enclosing(address: string, bits: number): string {
  return networkText(addressNumber(address), bits);
}

/** The address as the database's 128-bit number; it must be valid. */
export function addressNumber(address: string): bigint {
  let text = address;
  const dotted = /(?:^|:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [, a, b, c, d] = dotted.map(Number) as [number, number, number, number, number];
    const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    text = isIPv4(text) ? `::ffff:${tail}` : text.slice(0, text.lastIndexOf(':') + 1) + tail;
  }
  const [head, behind] = text.split('::') as [string, string | undefined];
  const left = head === '' ? [] : head.split(':');
  const right = behind === undefined || behind === '' ? [] : behind.split(':');
  const zeros = behind === undefined ? 0 : 8 - left.length - right.length;
  let number = 0n;
  for (const group of [...left, ...Array<string>(zeros).fill('0'), ...right]) number = (number << 16n) | BigInt(`0x${group}`);
  return number;
}

/** IPv4-mapped addresses without their `::ffff:`, everything else as it is. */
export function shortAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

/** A 128-bit number as IPv6 text, the longest run of zeros shortened; IPv4-mapped in dotted form, as the database prints it. */
export function addressText(number: bigint): string {
  if (number >> 32n === 0xffffn) {
    const low = Number(number & 0xffff_ffffn);
    return `::ffff:${low >>> 24}.${(low >>> 16) & 255}.${(low >>> 8) & 255}.${low & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}

function networkText(number: bigint, bits: number): string {
  const from = number & ~((1n << BigInt(128 - bits)) - 1n);
  const mapped = from >> 32n === 0xffffn && bits >= 96;
  return `${shortAddress(addressText(from))}/${mapped ? bits - 96 : bits}`;
}
