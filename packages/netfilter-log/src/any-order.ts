import { ipv4End, ipv6End } from './address.ts';
import { closeParen, digitsEnd, equals, greater, less, nine, openBracket, openParen, space, startsWith, zero } from './ascii.ts';
import { bracketEnd, flagAt } from './common-order.ts';
import { type Line, seen } from './line.ts';
import type { RejectReason } from './record.ts';

/*
 * The body piece by piece in any order: what the common order does not cover. A piece is KEY=value, a word, or one of the few that hold spaces:
 * "[SRC=…]", "OPT (…)", "INCOMPLETE [n bytes]". What no column takes is kept in the line's own words. Every byte is looked at a bounded number of times.
 */

/** Reads the pieces of [at, end) in whatever order they come. */
export function readTokens(line: Line, b: Uint8Array, at: number, end: number): boolean {
  let p = at;
  for (;;) {
    while (p < end && b[p] === space) p++;
    if (p >= end) return true;
    if (b[p] === less && b[p + 1]! >= zero && b[p + 1]! <= nine && b[p + 2] === greater) p += 3; // the level of a piece, see body-start
    let q = p;
    while (q < end && b[q]! > space) q++;
    if (q < end && b[q] !== space) return line.reject('unexpected-text');
    let k = p;
    while (isKeyByte(b[k]!)) k++;
    if (k < q && k > p && b[k] === equals) {
      if (!readField(line, b, p, k, q, q === end)) return false;
    } else {
      q = readWord(line, b, p, q, end);
      if (q < 0) return false;
    }
    p = q;
  }
}

/** Upper-case letters, digits, underscore. */
function isKeyByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= zero && byte <= nine) || byte === 0x5f;
}

/** Upper-case keys of up to eight letters as numbers, five bits a letter: exact, so no other key can pass for one of these. */
function keyCode(key: string): number {
  let code = 0;
  for (let i = 0; i < key.length; i++) code = code * 32 + (key.charCodeAt(i) - 0x40);
  return code;
}

const keys = {
  in: keyCode('IN'),
  out: keyCode('OUT'),
  src: keyCode('SRC'),
  dst: keyCode('DST'),
  len: keyCode('LEN'),
  ttl: keyCode('TTL'),
  hopLimit: keyCode('HOPLIMIT'),
  id: keyCode('ID'),
  proto: keyCode('PROTO'),
  spt: keyCode('SPT'),
  dpt: keyCode('DPT'),
  window: keyCode('WINDOW'),
  type: keyCode('TYPE'),
  code: keyCode('CODE'),
  res: keyCode('RES'),
  urgp: keyCode('URGP'),
  flowLabel: keyCode('FLOWLBL'),
  sport: keyCode('SPORT'),
  dport: keyCode('DPORT'),
};

function keyCodeAt(b: Uint8Array, from: number, to: number): number {
  if (to - from > 8) return 0;
  let code = 0;
  for (let p = from; p < to; p++) {
    if (b[p]! <= 0x40 || b[p]! > 0x5a) return 0;
    code = code * 32 + (b[p]! - 0x40);
  }
  return code;
}

/** Takes KEY=value, the key in [from, mark), the value in (mark, to). `open`: the line ends with it and no space, so it may have been longer. */
function readField(line: Line, b: Uint8Array, from: number, mark: number, to: number, open: boolean): boolean {
  const value = mark + 1;
  switch (keyCodeAt(b, from, mark)) {
    case keys.in:
      if (to - value > 15) return line.reject('malformed-field');
      line.inFrom = value;
      line.inTo = to;
      return once(line, seen.in);
    case keys.out:
      if (to - value > 15) return line.reject('malformed-field');
      line.outFrom = value;
      line.outTo = to;
      return once(line, seen.out);
    case keys.src:
      line.srcFrom = value;
      line.srcTo = to;
      return once(line, seen.src) && readAddress(line, b, value, to, open);
    case keys.dst:
      line.dstFrom = value;
      line.dstTo = to;
      return once(line, seen.dst) && readAddress(line, b, value, to, open);
    case keys.len:
      // The first is the IP length; UDP has one of its own, which a writer may print alone.
      if ((line.seen & seen.length) !== 0 || ((line.seen & seen.srcPort) !== 0 && (line.proto === 17 || line.proto === 136)))
        break;
      line.length = decimal(line, b, value, to, 0xffffffff, open);
      return line.length >= 0 && once(line, seen.length);
    case keys.ttl:
    case keys.hopLimit:
      line.ttl = decimal(line, b, value, to, 255, open);
      return line.ttl >= 0 && once(line, seen.ttl);
    case keys.id:
      // The first is the IP identification; one after ICMP's own fields belongs to the echo.
      if ((line.seen & (seen.id | seen.type)) !== 0 || line.proto === 1 || line.proto === 58 || line.family === 6) break;
      line.id = decimal(line, b, value, to, 0xffff, open);
      return line.id >= 0 && once(line, seen.id);
    case keys.proto:
      return once(line, seen.proto) && readProtocol(line, b, value, to, open);
    case keys.spt:
      line.srcPort = decimal(line, b, value, to, 0xffff, open);
      return line.srcPort >= 0 && once(line, seen.srcPort);
    case keys.dpt:
      line.dstPort = decimal(line, b, value, to, 0xffff, open);
      return line.dstPort >= 0 && once(line, seen.dstPort);
    case keys.window:
      line.window = decimal(line, b, value, to, 0xffff, open);
      return line.window >= 0 && once(line, seen.window);
    case keys.type:
      line.type = decimal(line, b, value, to, 255, open);
      return line.type >= 0 && once(line, seen.type);
    case keys.code:
      line.code = decimal(line, b, value, to, 255, open);
      return line.code >= 0 && once(line, seen.code);
    case keys.res:
      line.seen |= seen.res;
      break;
    case keys.urgp:
      line.seen |= seen.urgp;
      break;
    case keys.flowLabel:
      line.seen |= seen.flowLabel;
      break;
    case keys.sport:
    case keys.dport:
      return line.reject('xtables-monitor');
    default:
      // ulogd prints it with nothing after it: INCOMPLETEMARK=0.
      if (startsWith(b, from, 'INCOMPLETE')) line.seen |= seen.incomplete;
  }
  return line.keep(from, to) || line.reject('unexpected-text');
}

/** Notes a field that no packet has twice. */
function once(line: Line, bit: number): boolean {
  if ((line.seen & bit) !== 0) return line.reject('duplicate-field');
  line.seen |= bit;
  return true;
}

/** Checks the address that [from, to) must be. */
function readAddress(line: Line, b: Uint8Array, from: number, to: number, open: boolean): boolean {
  const family = ipv4End(b, from) === to ? 4 : ipv6End(b, from) === to ? 6 : 0;
  if (open) return line.reject('cut');
  if (family === 0 || (line.family !== 0 && line.family !== family)) return line.reject('bad-address');
  line.family = family;
  return true;
}

/** The number in [from, to), -1 when it is none, too large, or might have been longer. */
function decimal(line: Line, b: Uint8Array, from: number, to: number, max: number, open: boolean): number {
  const end = digitsEnd(b, from);
  if (end !== to || end === from || (b[from] === zero && end > from + 1)) {
    line.reject(open && end === to ? 'cut' : 'malformed-field');
    return -1;
  }
  let value = 0;
  for (let p = from; p < to && value <= max; p++) value = value * 10 + (b[p]! - zero);
  if (value > max) line.reject('out-of-range');
  else if (open && value !== 0 && value * 10 <= max) line.reject('cut');
  else return value;
  return -1;
}

/** What writers call the protocols; the kernel itself names the first seven only. */
const protocolNames: readonly (readonly [string, number])[] = [
  ['TCP', 6],
  ['UDP', 17],
  ['UDPLITE', 136],
  ['ICMP', 1],
  ['ICMPv6', 58],
  ['AH', 51],
  ['ESP', 50],
  ['SCTP', 132],
  ['DCCP', 33],
  ['IGMP', 2],
  ['GRE', 47],
  ['IPV6-ICMP', 58],
  ['ICMPV6', 58],
];

function readProtocol(line: Line, b: Uint8Array, from: number, to: number, open: boolean): boolean {
  if (b[from]! >= zero && b[from]! <= nine) {
    line.proto = decimal(line, b, from, to, 255, false);
    if (line.proto < 0) return false;
    // IGMP ends its line, often without the space; no protocol in use has a number that begins with 2 and is longer, but many do with 1, 3 … 9.
    if (open && line.proto * 10 <= 255 && line.proto !== 2 && line.proto !== 0) return line.reject('cut');
    return true;
  }
  for (const [name, number] of protocolNames) {
    if (name.length !== to - from || !startsWith(b, from, name)) continue;
    // Some writers call ICMPv6 ICMP, and at the line's end it may have been cut off it.
    line.proto = number === 1 && line.family === 6 ? 58 : number;
    return !(open && number === 1 && line.family !== 4) || line.reject('cut');
  }
  if (to - from === 3 && startsWith(b, from, 'ARP')) {
    line.seen |= seen.arp;
    return true;
  }
  return line.reject(open ? 'cut' : 'malformed-field');
}

/** Takes what is not KEY=value; returns the offset after it, which may be further than `to`, or -1. */
function readWord(line: Line, b: Uint8Array, from: number, to: number, end: number): number {
  const length = to - from;
  let q = to;
  if (b[from] === openBracket && startsWith(b, from, '[SRC=')) {
    q = bracketEnd(b, from, end);
    if (q < 0) return fail(line, 'cut');
  } else if (length === 3 && startsWith(b, from, 'OPT')) {
    if (b[to] !== space || b[to + 1] !== openParen) return fail(line, to + 2 > end ? 'cut' : 'unexpected-text');
    q = to + 2;
    while (q < end && b[q] !== closeParen && b[q]! >= space) q++;
    if (q === end || b[q] !== closeParen) return fail(line, q === end ? 'cut' : 'unexpected-text');
    let inner = to + 2;
    while (b[inner] === space) inner++;
    if (startsWith(b, inner, 'ESP ')) line.seen |= seen.esp;
    q++;
  } else if (startsWith(b, from, 'INCOMPLETE')) {
    // "INCOMPLETE [8 bytes]" is a header cut short, the bare word an IPv6 fragment that more will follow; ulogd prints only the bare word.
    if (b[to] === space && b[to + 1] === openBracket) {
      q = digitsEnd(b, to + 2);
      if (!startsWith(b, q, ' bytes]')) return fail(line, q + 7 > end ? 'cut' : 'unexpected-text');
      q += 7;
      line.seen |= seen.incomplete;
    } else if ((line.seen & seen.fragment) === 0) line.seen |= seen.incomplete;
  } else if (startsWith(b, from, 'FRAG:') || startsWith(b, from, 'ID:')) {
    const mark = b[from] === 0x46 ? from + 5 : from + 3;
    let value = mark;
    // ulogd puts a space after the colon.
    if (mark === to && b[to] === space) {
      value = to + 1;
      q = value;
      while (q < end && b[q]! > space) q++;
    }
    if (b[from] === 0x46) {
      line.seen |= seen.fragment;
      const digits = digitsEnd(b, value);
      if (digits === q && q > value) {
        if (q - value > 5) return fail(line, 'out-of-range');
        if (!(q === value + 1 && b[value] === zero)) line.seen |= seen.laterFragment;
      } else if (!startsWith(b, value, 'TRUNCATED')) return fail(line, q === end ? 'cut' : 'malformed-field');
      else line.seen |= seen.truncated;
    }
  } else if (length === 9 && startsWith(b, from, 'TRUNCATED')) {
    line.seen |= seen.truncated;
  } else if (length === 3 && startsWith(b, from, 'ARP')) {
    return fail(line, 'arp');
  } else if (length === 3 && startsWith(b, from, 'MAC') && startsWith(b, to, ' source')) {
    return fail(line, 'ebtables');
  } else if (length === 7 && startsWith(b, from, 'Unknown') && startsWith(b, to, ' Ext Hdr ')) {
    q = digitsEnd(b, to + 9);
    line.seen |= seen.unknownHeader;
  } else if (length === 3 && flagAt(b, from) !== 0) {
    const flag = flagAt(b, from);
    if ((line.flags & flag) !== 0) return fail(line, 'duplicate-field');
    line.flags |= flag;
    return to;
  } else if (!(length === 2 && isIpFlag(b, from)) && !isNewFlag(line, b, from, to)) {
    return fail(line, to === end ? 'cut' : 'unexpected-text');
  }
  if (q < end && b[q] !== space) return fail(line, 'unexpected-text');
  return line.keep(from, q) ? q : fail(line, 'unexpected-text');
}

function fail(line: Line, reason: RejectReason): -1 {
  line.reason = reason;
  return -1;
}

/** CE, DF, MF */
function isIpFlag(b: Uint8Array, at: number): boolean {
  return (b[at] === 0x43 && b[at + 1] === 0x45) || (b[at + 1] === 0x46 && (b[at] === 0x44 || b[at] === 0x4d));
}

/** A TCP flag of a newer kernel (`AE` was the last to come): two to four capitals between RES= and URGP=. */
function isNewFlag(line: Line, b: Uint8Array, from: number, to: number): boolean {
  if ((line.seen & (seen.res | seen.urgp)) !== seen.res || to - from < 2 || to - from > 4) return false;
  for (let p = from; p < to; p++) if (b[p]! < 0x41 || b[p]! > 0x5a) return false;
  return true;
}
