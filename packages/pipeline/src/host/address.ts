import { isIPv4, isIPv6 } from 'node:net';

/** An address in the one form used for comparing: IPv4 dotted, also where it came as IPv4-mapped; IPv6 as RFC 5952 has it, without zone. Null for anything else. */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const zone = text.indexOf('%');
  const plain = zone < 0 ? text : text.slice(0, zone);
  return isIPv6(plain) ? ipv6Text(groupsOf(plain)) : null;
}

/** 32 hexadecimal digits in the network's order (`if_inet6`, `ipv6_route`) as an address. */
export function hexAddress(hex: string): string | null {
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) return null;
  return ipv6Text(Array.from({ length: 8 }, (_, index) => Number.parseInt(hex.slice(index * 4, index * 4 + 4), 16)));
}

/**
 * An address as the kernel prints it from memory, a 32-bit word at a time (`route`, `tcp`, `tcp6`): 8 or 32 hexadecimal digits,
 * each word's bytes turned round on a little-endian machine.
 */
export function wordAddress(hex: string, littleEndian: boolean): string | null {
  if (!/^(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{32})$/.test(hex)) return null;
  const words = hex.match(/.{8}/g) ?? [];
  const network = words.map((word) => (littleEndian ? (word.match(/../g) ?? []).reverse().join('') : word)).join('');
  if (network.length === 32) return hexAddress(network);
  return (network.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
}

/** True for what can be a machine elsewhere: not unspecified, loopback, multicast or broadcast. */
export function isUnicast(address: string): boolean {
  if (isIPv4(address)) {
    const first = Number(address.slice(0, address.indexOf('.')));
    return first > 0 && first !== 127 && first < 224;
  }
  return address !== '::' && address !== '::1' && !address.startsWith('ff');
}

/** True for an address that never leaves its machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function groupsOf(text: string): number[] {
  let plain = text;
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
    plain = `${text.slice(0, dotted.index)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function ipv6Text(groups: readonly number[]): string {
  const [, , , , , mapped, high = 0, low = 0] = groups;
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}
