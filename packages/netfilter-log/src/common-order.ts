import { ipv6End } from './address.ts';
import { equals, nine, space, startsWith, zero } from './ascii.ts';
import { dottedEnd, shortNumber, word } from './four-bytes.ts';
import { kept, type Line, seen } from './line.ts';
import { bracketEnd, flagAt, isHexByte, longNumberEnd, macEnd, nameEnd } from './value-forms.ts';

/*
 * The body in the order of every kernel since 3.0, without looking for keys: each step checks that the piece expected next is there, whole and followed
 * by a space, and takes it; the first that is not ends the function. Four fifths of all lines are read to their end here. Keys are compared four bytes at a
 * time: that halves the time of the whole scan. A comparison may look behind the line's end, where `margin` bytes are readable, but never succeed
 * there: a line end equals no byte of a key.
 */

const wordOut = word('OUT=');
const wordPhys = word('PHYS');
const wordMac = word('MAC=');
const wordSrc = word('SRC=');
const wordDst = word('DST=');
const wordLen = word('LEN=');
const wordTos = word('TOS=');
const wordPrec = word('PREC');
const wordTtl = word('TTL=');
const wordProt = word('PROT');
const wordTcp = word('TCP ');
const wordUdp = word('UDP ');
const wordIcmp = word('ICMP');
const wordSpt = word('SPT=');
const wordDpt = word('DPT=');
const wordSeq = word('SEQ=');
const wordAck = word('ACK=');
const wordWind = word('WIND');
const wordRes = word('RES=');
const wordUrgp = word('URGP');
const wordType = word('TYPE');
const wordCode = word('CODE');
const wordQuoted = word('[SRC');
const wordDow = word('DOW=');
/** Three characters and a fourth that does not count. */
const threeId = word('ID=\0');
const threeDf = word('DF \0');
const threeMf = word('MF \0');
const threeCe = word('CE \0');

/** Reads from the `IN=` at `start` as far as the common order goes; returns the offset of the first piece not read, at least `end` when all is. */
export function readCommonOrder(line: Line, b: Uint8Array, start: number, end: number): number {
  // "IN=" name " OUT=" name " "
  if (!(b[start] === 0x49 && b[start + 1] === 0x4e && b[start + 2] === equals)) return start;
  const inEnd = nameEnd(b, start + 3);
  if (b[inEnd] !== space || line.view.getInt32(inEnd + 1, true) !== wordOut) return start;
  const outEnd = nameEnd(b, inEnd + 5);
  if (b[outEnd] !== space) return start;
  line.inFrom = start + 3;
  line.inTo = inEnd;
  line.outFrom = inEnd + 5;
  line.outTo = outEnd;
  line.seen = seen.in | seen.out;
  return readAfterInterfaces(line, b, outEnd + 1, end);
}

/** Goes on behind the interfaces, at `start`; they are in `line` already. */
export function readAfterInterfaces(line: Line, b: Uint8Array, start: number, end: number): number {
  const v = line.view;
  let p = start;
  let q: number;
  line.plain = true;
  // ["PHYSIN=" name " "] ["PHYSOUT=" name " "]
  while (v.getInt32(p, true) === wordPhys) {
    const isOut = v.getInt32(p + 4, true) === wordOut;
    if (!isOut && !(b[p + 4] === 0x49 && b[p + 5] === 0x4e && b[p + 6] === equals)) return p;
    const bit = isOut ? kept.physOut : kept.physIn;
    q = nameEnd(b, isOut ? p + 8 : p + 7);
    if (b[q] !== space || (line.kept & bit) !== 0) return p;
    line.add(p, q);
    line.kept |= bit;
    line.plain = false;
    p = q + 1;
  }

  // ["MAC=" [hex *(":" hex)] " "]
  if (v.getInt32(p, true) === wordMac) {
    q = macEnd(b, v, p + 4, end);
    if (q < 0 || b[q] !== space) return p;
    line.add(p, q);
    line.kept |= kept.mac;
    p = q + 1;
  }

  // "SRC=" ip " DST=" ip " LEN=" n " "
  if (v.getInt32(p, true) !== wordSrc) return p;
  q = dottedEnd(v, p + 4);
  const family = q > 0 ? 4 : 6;
  if (family === 6) q = ipv6End(b, p + 4);
  if (q < 0 || b[q] !== space || v.getInt32(q + 1, true) !== wordDst) return p;
  const dstEnd = family === 4 ? dottedEnd(v, q + 5) : ipv6End(b, q + 5);
  if (dstEnd < 0 || b[dstEnd] !== space) return p;
  line.family = family;
  line.srcFrom = p + 4;
  line.srcTo = q;
  line.dstFrom = q + 5;
  line.dstTo = dstEnd;
  line.seen |= seen.src | seen.dst;
  p = dstEnd + 1;
  if (v.getInt32(p, true) !== wordLen) return p;
  let number = shortNumber(v, p + 4);
  if (number < 0) return p;
  line.length = number >>> 3;
  line.seen |= seen.length;
  p += (number & 7) + 5;

  if (family === 4) {
    // "TOS=0x" hex " PREC=0x" hex " TTL=" n " ID=" n " " ["CE "] ["DF "] ["MF "]
    if (v.getInt32(p, true) !== wordTos || !isHexByte(v, p + 4)) return p;
    if (v.getInt32(p + 9, true) !== wordPrec || b[p + 13] !== equals || !isHexByte(v, p + 14)) return p;
    line.add(p, p + 18);
    line.kept |= kept.tos | kept.prec;
    p += 19;
    if (v.getInt32(p, true) !== wordTtl) return p;
    number = shortNumber(v, p + 4);
    if (number < 0 || number >= 256 << 3) return p;
    line.ttl = number >>> 3;
    line.seen |= seen.ttl;
    p += (number & 7) + 5;
    if ((v.getInt32(p, true) & 0xffffff) !== threeId) return p;
    number = shortNumber(v, p + 3);
    if (number < 0) return p;
    line.id = number >>> 3;
    line.seen |= seen.id;
    p += (number & 7) + 4;
    for (;;) {
      const three = v.getInt32(p, true) & 0xffffff;
      if (three !== threeDf && three !== threeMf && three !== threeCe) break;
      const bit = three === threeCe ? kept.ce : three === threeDf ? kept.df : kept.mf;
      if ((line.kept & bit) !== 0) return p;
      line.add(p, p + 2);
      line.kept |= bit;
      p += 3;
    }
  } else {
    // "TC=" n " HOPLIMIT=" n " FLOWLBL=" n " "
    if (!(b[p] === 0x54 && b[p + 1] === 0x43 && b[p + 2] === equals)) return p;
    number = shortNumber(v, p + 3);
    if (number < 0 || number >= 256 << 3) return p;
    line.add(p, p + (number & 7) + 3);
    line.kept |= kept.tc;
    p += (number & 7) + 4;
    if (!startsWith(b, p, 'HOPLIMIT=')) return p;
    number = shortNumber(v, p + 9);
    if (number < 0 || number >= 256 << 3) return p;
    line.ttl = number >>> 3;
    line.seen |= seen.ttl;
    p += (number & 7) + 10;
    if (!startsWith(b, p, 'FLOWLBL=')) return p;
    q = longNumberEnd(b, p + 8, 0xfffff);
    if (q < 0) return p;
    line.add(p, q - 1);
    line.kept |= kept.flowLabel;
    p = q;
  }

  // "PROTO=" (TCP | UDP | ICMP | ICMPv6)
  if (v.getInt32(p, true) !== wordProt || b[p + 4] !== 0x4f || b[p + 5] !== equals) return p;
  const name = v.getInt32(p + 6, true);
  if (name === wordTcp) {
    line.proto = 6;
    line.seen |= seen.proto;
    return readTcp(line, b, p + 10, end);
  }
  if (name === wordUdp) {
    line.proto = 17;
    line.seen |= seen.proto;
    return readUdp(line, b, p + 10, end);
  }
  if (name !== wordIcmp) return p;
  if (family === 4 && b[p + 10] === space) {
    line.proto = 1;
    line.seen |= seen.proto;
    return readIcmp(line, b, p + 11, end);
  }
  if (family === 6 && b[p + 10] === 0x76 && b[p + 11] === 0x36 && b[p + 12] === space) {
    line.proto = 58;
    line.seen |= seen.proto;
    return readIcmp(line, b, p + 13, end);
  }
  return p;
}

/** "SPT=" n " DPT=" n " " */
function readPorts(line: Line, v: DataView, at: number): number {
  let p = at;
  if (v.getInt32(p, true) !== wordSpt) return p;
  let number = shortNumber(v, p + 4);
  if (number < 0) return p;
  line.srcPort = number >>> 3;
  line.seen |= seen.srcPort;
  p += (number & 7) + 5;
  if (v.getInt32(p, true) !== wordDpt) return p;
  number = shortNumber(v, p + 4);
  if (number < 0) return p;
  line.dstPort = number >>> 3;
  line.seen |= seen.dstPort;
  return p + (number & 7) + 5;
}

/** ports ["SEQ=" n " ACK=" n " "] "WINDOW=" n " RES=0x" hex " " flags "URGP=" n " " */
function readTcp(line: Line, b: Uint8Array, at: number, end: number): number {
  const v = line.view;
  let p = readPorts(line, v, at);
  if ((line.seen & seen.dstPort) === 0) return p;
  if (v.getInt32(p, true) === wordSeq) {
    let q = longNumberEnd(b, p + 4, 0xffffffff);
    if (q < 0 || v.getInt32(q, true) !== wordAck) return p;
    q = longNumberEnd(b, q + 4, 0xffffffff);
    if (q < 0) return p;
    line.add(p, q - 1);
    line.kept |= kept.seq | kept.ack;
    p = q;
  }
  if (v.getInt32(p, true) !== wordWind || v.getInt32(p + 3, true) !== wordDow) return p;
  const number = shortNumber(v, p + 7);
  if (number < 0) return p;
  line.window = number >>> 3;
  line.seen |= seen.window;
  p += (number & 7) + 8;
  if (v.getInt32(p, true) !== wordRes || !isHexByte(v, p + 4)) return p;
  line.add(p, p + 8);
  line.kept |= kept.res;
  p += 9;
  while (b[p + 3] === space) {
    const flag = flagAt(b, p);
    if (flag === 0 || (line.flags & flag) !== 0) return p;
    line.flags |= flag;
    p += 4;
  }
  if (v.getInt32(p, true) !== wordUrgp || b[p + 4] !== equals) return p;
  return readLast(line, b, p, p + 5, end, kept.urgp);
}

/** ports "LEN=" n " " */
function readUdp(line: Line, b: Uint8Array, at: number, end: number): number {
  const p = readPorts(line, line.view, at);
  if ((line.seen & seen.dstPort) === 0 || line.view.getInt32(p, true) !== wordLen) return p;
  return readLast(line, b, p, p + 4, end, kept.length);
}

/** A piece that ends most lines: key and a 16-bit number, kept as they stand, at the line's end even without a space. */
function readLast(line: Line, b: Uint8Array, p: number, digits: number, end: number, bit: number): number {
  let q = digits;
  let value = 0;
  while (b[q]! >= zero && b[q]! <= nine && value <= 0xffff) value = value * 10 + b[q++]! - zero;
  if (q === digits || value > 0xffff || (q !== end && b[q] !== space)) return p;
  line.add(p, q);
  line.kept |= bit;
  return q + 1;
}

/** "TYPE=" n " CODE=" n " " ["ID=" n " SEQ=" n " " | "[" quoted packet "] "] */
function readIcmp(line: Line, b: Uint8Array, at: number, end: number): number {
  const v = line.view;
  let p = at;
  if (v.getInt32(p, true) !== wordType || b[p + 4] !== equals) return p;
  let number = shortNumber(v, p + 5);
  if (number < 0 || number >= 256 << 3) return p;
  line.type = number >>> 3;
  line.seen |= seen.type;
  p += (number & 7) + 6;
  if (v.getInt32(p, true) !== wordCode || b[p + 4] !== equals) return p;
  number = shortNumber(v, p + 5);
  if (number < 0 || number >= 256 << 3) return p;
  line.code = number >>> 3;
  line.seen |= seen.code;
  p += (number & 7) + 6;
  let q: number;
  if ((v.getInt32(p, true) & 0xffffff) === threeId) {
    number = shortNumber(v, p + 3);
    q = p + (number & 7) + 4;
    if (number < 0 || v.getInt32(q, true) !== wordSeq) return p;
    line.add(p, q - 1);
    line.kept |= kept.id;
    return readLast(line, b, q, q + 4, end, kept.seq);
  }
  if (v.getInt32(p, true) !== wordQuoted || b[p + 4] !== equals) return p;
  q = bracketEnd(b, p, end);
  if (q < 0 || (q !== end && b[q] !== space)) return p;
  line.add(p, q);
  line.plain = false;
  return q + 1;
}
