import { colon, dot, hexValue, nine, zero } from './ascii.ts';
import { encodeText } from './text.ts';

/** Offset after the IPv4 address that starts at `at`, -1 when there is none: four numbers 0..255 without leading zeros, nothing else counts. */
export function ipv4End(bytes: Uint8Array, at: number): number {
  let p = at;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && bytes[p++] !== dot) return -1;
    const first = bytes[p]! - zero;
    if (!(first >= 0 && first <= 9)) return -1;
    p++;
    let next = bytes[p]!;
    if (next < zero || next > nine) continue;
    if (first === 0) return -1;
    let value = first * 10 + next - zero;
    p++;
    next = bytes[p]!;
    if (next < zero || next > nine) continue;
    value = value * 10 + next - zero;
    if (value > 255) return -1;
    p++;
  }
  return bytes[p]! >= zero && bytes[p]! <= nine ? -1 : p;
}

/** Offset after the IPv6 address that starts at `at`, -1 when there is none. The kernel's eight groups of four digits are the quick case. */
export function ipv6End(bytes: Uint8Array, at: number): number {
  let p = at;
  for (let group = 0; group < 8; group++) {
    if (group > 0 && bytes[p++] !== colon) return compressedEnd(bytes, at);
    for (let digit = 0; digit < 4; digit++) if (hexValue[bytes[p++]!]! > 15) return compressedEnd(bytes, at);
  }
  return isAddressByte(bytes[p]!) ? compressedEnd(bytes, at) : p;
}

/** RFC 4291 section 2.2 in full: 1 to 4 digits a group, one `::`, an IPv4 tail. */
function compressedEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (isAddressByte(bytes[end]!) && end - at < 46) end++;
  return readGroups(bytes, at, end) ? end : -1;
}

function isAddressByte(byte: number): boolean {
  return hexValue[byte]! < 16 || byte === colon || byte === dot;
}

/** The eight groups of the address read last. */
const groups = new Uint16Array(8);

/** Reads the IPv6 address that [from, to) is into `groups`; false when it is none. */
function readGroups(bytes: Uint8Array, from: number, to: number): boolean {
  let count = 0;
  let gap = -1;
  let p = from;
  if (bytes[p] === colon && bytes[p + 1] === colon && p + 2 <= to) {
    gap = 0;
    p += 2;
  }
  while (p < to) {
    if (count === 8) return false;
    let q = p;
    let value = 0;
    while (q < to && hexValue[bytes[q]!]! < 16) value = value * 16 + hexValue[bytes[q++]!]!;
    if (q < to && bytes[q] === dot) {
      if (count > 6 || ipv4End(bytes, p) !== to) return false;
      readIPv4(bytes, p, count);
      count += 2;
      break;
    }
    if (q === p || q - p > 4) return false;
    groups[count++] = value;
    p = q;
    if (p === to) break;
    if (bytes[p++] !== colon) return false;
    if (p === to) return false;
    if (bytes[p] === colon) {
      if (gap >= 0) return false;
      gap = count;
      p++;
    }
  }
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

function readIPv4(bytes: Uint8Array, at: number, group: number): void {
  let p = at;
  for (let half = 0; half < 2; half++) {
    let value = 0;
    for (let octet = 0; octet < 2; octet++) {
      let number = 0;
      while (bytes[p]! >= zero && bytes[p]! <= nine) number = number * 10 + bytes[p++]! - zero;
      value = value * 256 + number;
      p++;
    }
    groups[group + half] = value;
  }
}

/** RFC 5952 text of the IPv6 address in [from, to), which `ipv6End` accepted. IPv4-mapped addresses keep their dotted tail (its section 5). */
export function canonicalIPv6(bytes: Uint8Array, from: number, to: number): string {
  readGroups(bytes, from, to);
  const all = Array.from(groups, (group) => group.toString(16));
  if (groups[5] === 0xffff && groups.subarray(0, 5).every((group) => group === 0)) {
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  }
  let best = 0;
  let longest = 1; // one zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > longest) {
      best = i;
      longest = j - i;
    }
    if (j > i) i = j;
  }
  if (longest === 1) return all.join(':');
  return `${all.slice(0, best).join(':')}::${all.slice(best + longest).join(':')}`;
}

/** The kernel's form of the IPv6 address in [from, to), which `ipv6End` accepted: eight groups of four digits. */
export function kernelIPv6(bytes: Uint8Array, from: number, to: number): string {
  readGroups(bytes, from, to);
  return Array.from(groups, (group) => group.toString(16).padStart(4, '0')).join(':');
}

/** The one text of an address: IPv4 as it is, IPv6 by RFC 5952; null for what is no address. */
export function canonicalAddress(text: string): string | null {
  const bytes = encodeText(`${text} `);
  const to = bytes.length - 1;
  if (ipv4End(bytes, 0) === to) return text;
  return ipv6End(bytes, 0) === to ? canonicalIPv6(bytes, 0, to) : null;
}
