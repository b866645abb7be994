import { ipv4End, ipv6End } from './address.ts';
import { closeBracket, colon, equals, nine, openBracket, space, startsWith, zero } from './ascii.ts';
import { type Line, seen } from './line.ts';

/*
 * The body in the order of every kernel since 3.0, without looking for keys: each step checks that the piece expected next is there, whole and followed
 * by a space, and takes it; the first that is not ends the function. Four fifths of all lines are read to their end here; the step costs 5 ns where
 * the generic tokenizer needs 25. Comparing byte after byte never crosses the line's end, because a line end equals none of them.
 */

/** Reads from the `IN=` at `start` as far as the common order goes; returns the offset of the first piece not read, at least `end` when all is. */
export function readCommonOrder(line: Line, b: Uint8Array, start: number, end: number): number {
  // "IN=" name " OUT=" name " "
  let p = start;
  if (!(b[p] === 0x49 && b[p + 1] === 0x4e && b[p + 2] === equals)) return p;
  let q = nameEnd(b, p + 3);
  if (b[q] !== space || !(b[q + 1] === 0x4f && b[q + 2] === 0x55 && b[q + 3] === 0x54 && b[q + 4] === equals)) return p;
  const outEnd = nameEnd(b, q + 5);
  if (b[outEnd] !== space) return p;
  line.inFrom = p + 3;
  line.inTo = q;
  line.outFrom = q + 5;
  line.outTo = outEnd;
  line.seen = seen.in | seen.out;
  p = outEnd + 1;

  // ["PHYSIN=" name " "] ["PHYSOUT=" name " "]
  while (b[p] === 0x50 && b[p + 1] === 0x48 && b[p + 2] === 0x59 && b[p + 3] === 0x53) {
    q = p + 4;
    if (b[q] === 0x49 && b[q + 1] === 0x4e && b[q + 2] === equals) q = nameEnd(b, q + 3);
    else if (b[q] === 0x4f && b[q + 1] === 0x55 && b[q + 2] === 0x54 && b[q + 3] === equals) q = nameEnd(b, q + 4);
    if (b[q] !== space || !line.keep(p, q)) return p;
    p = q + 1;
  }

  // ["MAC=" [hex *(":" hex)] " "]
  if (b[p] === 0x4d && b[p + 1] === 0x41 && b[p + 2] === 0x43 && b[p + 3] === equals) {
    q = p + 4;
    while ((b[q]! >= zero && b[q]! <= colon) || (b[q]! >= 0x61 && b[q]! <= 0x66)) q++;
    if (b[q] !== space || !line.keep(p, q)) return p;
    p = q + 1;
  }

  // "SRC=" ip " DST=" ip " LEN=" n " "
  if (!(b[p] === 0x53 && b[p + 1] === 0x52 && b[p + 2] === 0x43 && b[p + 3] === equals)) return p;
  q = ipv4End(b, p + 4);
  const family = q > 0 ? 4 : 6;
  if (family === 6) q = ipv6End(b, p + 4);
  if (q < 0 || !(b[q] === space && b[q + 1] === 0x44 && b[q + 2] === 0x53 && b[q + 3] === 0x54 && b[q + 4] === equals)) return p;
  const dstEnd = family === 4 ? ipv4End(b, q + 5) : ipv6End(b, q + 5);
  if (dstEnd < 0 || b[dstEnd] !== space) return p;
  line.family = family;
  line.srcFrom = p + 4;
  line.srcTo = q;
  line.dstFrom = q + 5;
  line.dstTo = dstEnd;
  line.seen |= seen.src | seen.dst;
  p = dstEnd + 1;
  if (!(b[p] === 0x4c && b[p + 1] === 0x45 && b[p + 2] === 0x4e && b[p + 3] === equals)) return p;
  q = readNumber(b, p + 4, 0xffff);
  if (q < 0) return p;
  line.length = number;
  line.seen |= seen.length;
  p = q;

  if (family === 4) {
    // "TOS=0x" hex " PREC=0x" hex " TTL=" n " ID=" n " " ["CE "] ["DF "] ["MF "]
    if (!(b[p] === 0x54 && b[p + 1] === 0x4f && b[p + 2] === 0x53 && b[p + 3] === equals && isHexByte(b, p + 4))) return p;
    q = p + 9;
    if (
      !(
        b[q] === 0x50 &&
        b[q + 1] === 0x52 &&
        b[q + 2] === 0x45 &&
        b[q + 3] === 0x43 &&
        b[q + 4] === equals &&
        isHexByte(b, q + 5)
      )
    )
      return p;
    if (!line.keep(p, q + 9)) return p;
    p = q + 10;
    if (!(b[p] === 0x54 && b[p + 1] === 0x54 && b[p + 2] === 0x4c && b[p + 3] === equals)) return p;
    q = readNumber(b, p + 4, 255);
    if (q < 0) return p;
    line.ttl = number;
    line.seen |= seen.ttl;
    p = q;
    if (!(b[p] === 0x49 && b[p + 1] === 0x44 && b[p + 2] === equals)) return p;
    q = readNumber(b, p + 3, 0xffff);
    if (q < 0) return p;
    line.id = number;
    line.seen |= seen.id;
    p = q;
    while (
      b[p + 2] === space &&
      ((b[p + 1] === 0x46 && (b[p] === 0x44 || b[p] === 0x4d)) || (b[p] === 0x43 && b[p + 1] === 0x45))
    ) {
      if (!line.keep(p, p + 2)) return p;
      p += 3;
    }
  } else {
    // "TC=" n " HOPLIMIT=" n " FLOWLBL=" n " "
    if (!(b[p] === 0x54 && b[p + 1] === 0x43 && b[p + 2] === equals)) return p;
    q = readNumber(b, p + 3, 255);
    if (q < 0 || !line.keep(p, q - 1)) return p;
    p = q;
    if (!startsWith(b, p, 'HOPLIMIT=')) return p;
    q = readNumber(b, p + 9, 255);
    if (q < 0) return p;
    line.ttl = number;
    line.seen |= seen.ttl;
    p = q;
    if (!startsWith(b, p, 'FLOWLBL=')) return p;
    q = readNumber(b, p + 8, 0xfffff);
    if (q < 0 || !line.keep(p, q - 1)) return p;
    line.seen |= seen.flowLabel;
    p = q;
  }

  // "PROTO=" (TCP | UDP | ICMP | ICMPv6)
  if (!(b[p] === 0x50 && b[p + 1] === 0x52 && b[p + 2] === 0x4f && b[p + 3] === 0x54 && b[p + 4] === 0x4f && b[p + 5] === equals))
    return p;
  q = p + 6;
  if (b[q + 1] === 0x43 && b[q] === 0x54 && b[q + 2] === 0x50 && b[q + 3] === space) {
    line.proto = 6;
    line.seen |= seen.proto;
    return readTcp(line, b, q + 4, end);
  }
  if (b[q] === 0x55 && b[q + 1] === 0x44 && b[q + 2] === 0x50 && b[q + 3] === space) {
    line.proto = 17;
    line.seen |= seen.proto;
    return readUdp(line, b, q + 4, end);
  }
  if (b[q] === 0x49 && b[q + 1] === 0x43 && b[q + 2] === 0x4d && b[q + 3] === 0x50) {
    if (b[q + 4] === space && family === 4) {
      line.proto = 1;
      line.seen |= seen.proto;
      return readIcmp(line, b, q + 5, end);
    }
    if (b[q + 4] === 0x76 && b[q + 5] === 0x36 && b[q + 6] === space && family === 6) {
      line.proto = 58;
      line.seen |= seen.proto;
      return readIcmp(line, b, q + 7, end);
    }
  }
  return p;
}

/** "SPT=" n " DPT=" n " " */
function readPorts(line: Line, b: Uint8Array, at: number): number {
  let p = at;
  if (!(b[p] === 0x53 && b[p + 1] === 0x50 && b[p + 2] === 0x54 && b[p + 3] === equals)) return p;
  let q = readNumber(b, p + 4, 0xffff);
  if (q < 0) return p;
  line.srcPort = number;
  line.seen |= seen.srcPort;
  p = q;
  if (!(b[p] === 0x44 && b[p + 1] === 0x50 && b[p + 2] === 0x54 && b[p + 3] === equals)) return p;
  q = readNumber(b, p + 4, 0xffff);
  if (q < 0) return p;
  line.dstPort = number;
  line.seen |= seen.dstPort;
  return q;
}

/** ports ["SEQ=" n " ACK=" n " "] "WINDOW=" n " RES=0x" hex " " flags "URGP=" n " " */
function readTcp(line: Line, b: Uint8Array, at: number, end: number): number {
  let p = readPorts(line, b, at);
  if ((line.seen & seen.dstPort) === 0) return p;
  if (b[p] === 0x53 && b[p + 1] === 0x45 && b[p + 2] === 0x51 && b[p + 3] === equals) {
    let q = readNumber(b, p + 4, 0xffffffff);
    if (q < 0 || !(b[q] === 0x41 && b[q + 1] === 0x43 && b[q + 2] === 0x4b && b[q + 3] === equals)) return p;
    q = readNumber(b, q + 4, 0xffffffff);
    if (q < 0 || !line.keep(p, q - 1)) return p;
    p = q;
  }
  if (!(b[p] === 0x57 && b[p + 1] === 0x49 && b[p + 2] === 0x4e && b[p + 3] === 0x44 && b[p + 4] === 0x4f && b[p + 5] === 0x57))
    return p;
  if (b[p + 6] !== equals) return p;
  let q = readNumber(b, p + 7, 0xffff);
  if (q < 0) return p;
  line.window = number;
  line.seen |= seen.window;
  p = q;
  if (!(b[p] === 0x52 && b[p + 1] === 0x45 && b[p + 2] === 0x53 && b[p + 3] === equals && isHexByte(b, p + 4))) return p;
  if (!line.keep(p, p + 8)) return p;
  line.seen |= seen.res;
  p += 9;
  while (b[p + 3] === space) {
    const flag = flagAt(b, p);
    if (flag === 0 || (line.flags & flag) !== 0) return p;
    line.flags |= flag;
    p += 4;
  }
  if (!(b[p] === 0x55 && b[p + 1] === 0x52 && b[p + 2] === 0x47 && b[p + 3] === 0x50 && b[p + 4] === equals)) return p;
  return readLast(line, b, p, p + 5, end, seen.urgp);
}

/** ports "LEN=" n " " */
function readUdp(line: Line, b: Uint8Array, at: number, end: number): number {
  const p = readPorts(line, b, at);
  if ((line.seen & seen.dstPort) === 0) return p;
  if (!(b[p] === 0x4c && b[p + 1] === 0x45 && b[p + 2] === 0x4e && b[p + 3] === equals)) return p;
  return readLast(line, b, p, p + 4, end, 0);
}

/** A piece that ends most lines: key and number, kept as they stand, at the line's end even without a space. */
function readLast(line: Line, b: Uint8Array, p: number, digits: number, end: number, bit: number): number {
  let q = digits;
  while (b[q]! >= zero && b[q]! <= nine) q++;
  if (q === digits || q - digits > 5 || (q !== end && b[q] !== space) || !line.keep(p, q)) return p;
  line.seen |= bit;
  return q + 1;
}

/** "TYPE=" n " CODE=" n " " ["ID=" n " SEQ=" n " " | "[" quoted packet "] "] */
function readIcmp(line: Line, b: Uint8Array, at: number, end: number): number {
  let p = at;
  if (!(b[p] === 0x54 && b[p + 1] === 0x59 && b[p + 2] === 0x50 && b[p + 3] === 0x45 && b[p + 4] === equals)) return p;
  let q = readNumber(b, p + 5, 255);
  if (q < 0) return p;
  line.type = number;
  line.seen |= seen.type;
  p = q;
  if (!(b[p] === 0x43 && b[p + 1] === 0x4f && b[p + 2] === 0x44 && b[p + 3] === 0x45 && b[p + 4] === equals)) return p;
  q = readNumber(b, p + 5, 255);
  if (q < 0) return p;
  line.code = number;
  line.seen |= seen.code;
  p = q;
  if (b[p] === 0x49 && b[p + 1] === 0x44 && b[p + 2] === equals) {
    q = readNumber(b, p + 3, 0xffff);
    if (q < 0 || !(b[q] === 0x53 && b[q + 1] === 0x45 && b[q + 2] === 0x51 && b[q + 3] === equals) || !line.keep(p, q - 1))
      return p;
    return readLast(line, b, q, q + 4, end, 0);
  }
  if (!(b[p] === openBracket && b[p + 1] === 0x53 && b[p + 2] === 0x52 && b[p + 3] === 0x43 && b[p + 4] === equals)) return p;
  q = bracketEnd(b, p, end);
  // Nothing in a quoted packet can start a body: `I` before `N=` is in no key of it. If it does, the generic way judges.
  if (q < 0 || (q !== end && b[q] !== space) || !line.keep(p, q)) return p;
  return q + 1;
}

/** Offset after the bracket that closes the one at `at`, -1 when none does before `end` or when the text between has an `IN=`. */
export function bracketEnd(b: Uint8Array, at: number, end: number): number {
  let depth = 0;
  for (let p = at; p < end; p++) {
    const byte = b[p]!;
    if (byte === openBracket) depth++;
    else if (byte === closeBracket) {
      if (--depth === 0) return p + 1;
    } else if (byte < space) return -1;
    else if (byte === 0x49 && b[p + 1] === 0x4e && b[p + 2] === equals) return -1;
  }
  return -1;
}

/** Value of the number that `readNumber` read. */
let number = 0;

/** Reads a decimal number of at most `max` without leading zeros that a space follows; returns the offset after the space, -1 for anything else. */
function readNumber(b: Uint8Array, at: number, max: number): number {
  let p = at;
  let digit = b[p]! - zero;
  if (!(digit >= 0 && digit <= 9)) return -1;
  let value = digit;
  for (;;) {
    p++;
    digit = b[p]! - zero;
    if (!(digit >= 0 && digit <= 9)) break;
    if (value === 0) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  if (b[p] !== space) return -1;
  number = value;
  return p + 1;
}

/** Offset after a device name of at most 15 bytes; names with `=` are left to the generic way, they may hide another `IN=`. */
function nameEnd(b: Uint8Array, at: number): number {
  let p = at;
  while (b[p]! > space && b[p] !== equals && p - at < 16) p++;
  return p - at < 16 ? p : at + 15;
}

/** "0x" and two characters other than a space, then a space. */
function isHexByte(b: Uint8Array, at: number): boolean {
  return b[at] === zero && b[at + 1] === 0x78 && b[at + 2]! > space && b[at + 3]! > space && b[at + 4] === space;
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
