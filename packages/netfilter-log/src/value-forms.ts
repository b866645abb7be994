import { closeBracket, colon, equals, hexValue, nine, openBracket, space, zero } from './ascii.ts';
import { isEthernet, word } from './four-bytes.ts';

/* Forms of values and of pieces that hold spaces: what the readers of both orders check. */

const wordHexZero = word('0x00');

/** Offset after the bracket that closes the one at `at`; -1 when none does before `end`, -2 when the text between has an `IN=` or a control character: no quoted packet has one. */
export function bracketEnd(b: Uint8Array, at: number, end: number): number {
  let depth = 0;
  for (let p = at; p < end; p++) {
    const byte = b[p]!;
    if (byte === openBracket) depth++;
    else if (byte === closeBracket) {
      if (--depth === 0) return p + 1;
    } else if (byte < space) return -2;
    else if (byte === 0x49 && b[p + 1] === 0x4e && b[p + 2] === equals) return -2;
  }
  return -1;
}

/** Offset after a MAC at `at`, -1 when its form is another. Nearly all lines have the fourteen bytes of Ethernet. */
export function macEnd(b: Uint8Array, v: DataView, at: number, end: number): number {
  return at + 41 < end && b[at + 41] === space && isEthernet(v, at) ? at + 41 : macForm(b, at);
}

/** Offset after pairs of hexadecimal digits with colons between them, or none at all; -1 for another form. */
export function macForm(b: Uint8Array, at: number): number {
  if (hexValue[b[at]!]! > 15) return at;
  for (let p = at; ; p += 3) {
    if (hexValue[b[p]!]! > 15 || hexValue[b[p + 1]!]! > 15) return -1;
    if (b[p + 2] !== colon) return p + 2;
  }
}

/** Offset after the decimal number of at most `max` at `at` and the space behind it; -1 for leading zeros and anything else. */
export function longNumberEnd(b: Uint8Array, at: number, max: number): number {
  let p = at;
  let value = 0;
  for (let byte = b[p]!; byte >= zero && byte <= nine; byte = b[++p]!) {
    if ((p > at && value === 0) || value > max) return -1;
    value = value * 10 + byte - zero;
  }
  return p === at || value > max || b[p] !== space ? -1 : p + 1;
}

/** Offset after a device name of at most 15 bytes; names with `=` are left to the generic way, they may hide another `IN=`. */
export function nameEnd(b: Uint8Array, at: number): number {
  let p = at;
  while (b[p]! > space && b[p] !== equals && p - at < 16) p++;
  return p - at < 16 ? p : at + 15;
}

/** "0x", two hexadecimal digits, a space. */
export function isHexByte(v: DataView, at: number): boolean {
  const four = v.getInt32(at, true);
  if (four === wordHexZero) return v.getUint8(at + 4) === space;
  return (
    (four & 0xffff) === 0x7830 &&
    hexValue[(four >>> 16) & 0xff]! < 16 &&
    hexValue[four >>> 24]! < 16 &&
    v.getUint8(at + 4) === space
  );
}

/** The bit of the three-letter TCP flag at `at`, 0 when there is none. */
export function flagAt(b: Uint8Array, at: number): number {
  switch ((b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!) {
    case 0x46494e:
      return 1;
    case 0x53594e:
      return 2;
    case 0x525354:
      return 4;
    case 0x505348:
      return 8;
    case 0x41434b:
      return 16;
    case 0x555247:
      return 32;
    case 0x454345:
      return 64;
    case 0x435752:
      return 128;
    default:
      return 0;
  }
}
