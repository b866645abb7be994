import { ipv4End, ipv6End } from './address.ts';
import {
  closeParen,
  digitsEnd,
  equals,
  greater,
  hexValue,
  less,
  nine,
  numberAt,
  openBracket,
  openParen,
  space,
  startsWith,
  zero,
} from './ascii.ts';
import { kept, type Line, seen } from './line.ts';
import type { RejectReason } from './record.ts';
import { bracketEnd, flagAt, macForm } from './value-forms.ts';

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

/** Upper-case keys of up to ten letters as numbers, five bits a letter: exact, so no other key can pass for one of these. */
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
  sport: keyCode('SPORT'),
  dport: keyCode('DPORT'),
};

/** What the value of a field that `extra` keeps must look like: a number of at most `max` in a base, a MAC, a device name, or anything. */
type Form = readonly [bit: number, base: 10 | 16 | 'mac' | 'name' | 'any', max: number];

const word32 = 0xffffffff;
const forms: ReadonlyMap<number, Form> = new Map<number, Form>([
  [keyCode('PHYSIN'), [kept.physIn, 'name', 0]],
  [keyCode('PHYSOUT'), [kept.physOut, 'name', 0]],
  [keyCode('MAC'), [kept.mac, 'mac', 0]],
  [keyCode('MACSRC'), [kept.macSrc, 'mac', 0]],
  [keyCode('MACDST'), [kept.macDst, 'mac', 0]],
  [keyCode('MACPROTO'), [kept.macProto, 16, 0xffff]],
  [keyCode('VPROTO'), [kept.vlanProto, 16, 0xffff]],
  [keyCode('VID'), [kept.vlan, 10, 0xffff]],
  [keyCode('TUNNEL'), [kept.tunnel, 'any', 0]],
  [keyCode('TOS'), [kept.tos, 16, 255]],
  [keyCode('PREC'), [kept.prec, 16, 255]],
  [keyCode('TC'), [kept.tc, 10, 255]],
  [keyCode('FLOWLBL'), [kept.flowLabel, 10, 0xfffff]],
  [keyCode('LEN'), [kept.length, 10, 0xffff]],
  [keyCode('ID'), [kept.id, 10, 0xffff]],
  [keyCode('SEQ'), [kept.seq, 10, word32]],
  [keyCode('ACK'), [kept.ack, 10, word32]],
  [keyCode('RES'), [kept.res, 16, 255]],
  [keyCode('URGP'), [kept.urgp, 10, 0xffff]],
  [keyCode('SPI'), [kept.spi, 16, word32]],
  [keyCode('PARAMETER'), [kept.parameter, 10, 255]],
  [keyCode('POINTER'), [kept.pointer, 16, word32]],
  [keyCode('GATEWAY'), [kept.gateway, 'any', 0]],
  [keyCode('MTU'), [kept.mtu, 10, word32]],
  [keyCode('UID'), [kept.uid, 10, word32]],
  [keyCode('GID'), [kept.gid, 10, word32]],
  [keyCode('MARK'), [kept.mark, 16, word32]],
]);

function keyCodeAt(b: Uint8Array, from: number, to: number): number {
  if (to - from > 10) return 0;
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
      if ((line.seen & seen.id) !== 0 || !isIpId(line, b, to)) break;
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
      line.code = decimal(line, b, value, to, 255, open && codeGoesOn(line));
      return line.code >= 0 && once(line, seen.code);
    case keys.sport:
    case keys.dport:
      return line.reject('xtables-monitor');
    default:
  }
  return keepField(line, b, from, mark, to, open);
}

/** Takes a field that no column holds. A key that is not known is a newer kernel's or another writer's, and kept like the others. */
function keepField(line: Line, b: Uint8Array, from: number, mark: number, to: number, open: boolean): boolean {
  const form = forms.get(keyCodeAt(b, from, mark));
  if (form !== undefined) {
    const [bit, base, max] = form;
    if ((line.kept & bit) !== 0) return line.reject('duplicate-field');
    line.kept |= bit;
    const wrong = defect(b, mark + 1, to, base, max);
    if (wrong !== null) return line.reject(open && wrong === 'malformed-field' ? 'cut' : wrong);
  } else if (startsWith(b, from, 'INCOMPLETE')) line.seen |= seen.incomplete; // ulogd prints it with nothing after it: INCOMPLETEMARK=0
  return line.keep(from, to) || line.reject('unexpected-text');
}

/** What is wrong with the value in [from, to), null when nothing is. */
function defect(b: Uint8Array, from: number, to: number, base: Form[1], max: number): 'malformed-field' | 'out-of-range' | null {
  if (base === 'any') return to > from ? null : 'malformed-field';
  if (base === 'mac') return macForm(b, from) === to ? null : 'malformed-field';
  if (base === 'name') return to - from <= 15 ? null : 'malformed-field';
  // ulogd leaves out the 0x.
  const digits = base === 16 && b[from] === zero && b[from + 1] === 0x78 ? from + 2 : from;
  let value = 0;
  for (let p = digits; p < to; p++) {
    const digit = hexValue[b[p]!]!;
    if (digit >= base) return 'malformed-field';
    value = value * base + digit;
  }
  if (to === digits) return 'malformed-field';
  return value <= max ? null : 'out-of-range';
}

/** Whether the first `ID=`, which ends at `at`, is the IP identification: IPv6 has none, and one behind ICMP's type belongs to an echo unless another follows. */
function isIpId(line: Line, b: Uint8Array, at: number): boolean {
  if (line.family === 6) return false;
  if (line.family === 0) {
    // Only where fields come in an order of their own.
    const src = pieceAfter(b, at, 'SRC=');
    if (src >= 0 && ipv4End(b, src + 4) < 0) return false;
  }
  const isIcmp = (line.seen & seen.type) !== 0 || line.proto === 1 || line.proto === 58;
  return !isIcmp || pieceAfter(b, at, 'ID=') >= 0;
}

/** Offset of the next piece of the line that begins with `text`, -1 when there is none. */
function pieceAfter(b: Uint8Array, at: number, text: string): number {
  for (let p = at; b[p]! >= space; p++) if (b[p] === space && startsWith(b, p + 1, text)) return p + 1;
  return -1;
}

/** Notes a field that no packet has twice. */
function once(line: Line, bit: number): boolean {
  if ((line.seen & bit) !== 0) return line.reject('duplicate-field');
  line.seen |= bit;
  return true;
}

/** Whether the kernel prints something after the code of this type: an echo's numbers, a quoted packet, a parameter. Other types end the line. */
function codeGoesOn(line: Line): boolean {
  const { proto, type } = line;
  return proto === 58
    ? (type >= 1 && type <= 4) || type === 128 || type === 129
    : type === 0 || type === 8 || (type >= 3 && type <= 5) || type === 11 || type === 12;
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
    // It ends the line of a protocol that the kernel does not know, so it is trusted there, too.
    line.proto = decimal(line, b, from, to, 255, false);
    return line.proto >= 0;
  }
  for (const [name, number] of protocolNames) {
    if (name.length !== to - from || !startsWith(b, from, name)) continue;
    // Some writers call ICMPv6 ICMP, and at the line's end it may have been cut off it.
    line.proto = number === 1 && line.family === 6 ? 58 : number;
    return !(open && number === 1 && line.family !== 4) || line.reject('cut');
  }
  if (to - from === 3 && startsWith(b, from, 'ARP')) return line.reject('arp'); // ulogd's way
  return line.reject(open ? 'cut' : 'malformed-field');
}

/** Takes what is not KEY=value; returns the offset after it, which may be further than `to`, or -1. */
function readWord(line: Line, b: Uint8Array, from: number, to: number, end: number): number {
  const length = to - from;
  let q = to;
  if (b[from] === openBracket && startsWith(b, from, '[SRC=')) {
    q = bracketEnd(b, from, end);
    if (q < 0) return fail(line, q === -1 ? 'cut' : 'unexpected-text');
  } else if (length === 3 && startsWith(b, from, 'OPT')) {
    if (b[to] !== space || b[to + 1] !== openParen) return fail(line, to + 2 > end ? 'cut' : 'unexpected-text');
    q = optionsEnd(line, b, to + 2, end);
    if (q < 0) return -1;
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
      if ((line.seen & seen.fragment) !== 0) return fail(line, 'duplicate-field');
      const digits = readFragment(line, b, value);
      if (digits < 0) return -1;
      if ((digits !== q || q === value) && (line.seen & seen.truncated) === 0)
        return fail(line, q === end ? 'cut' : 'malformed-field');
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
    // At the line's end this may be the beginning of ACK=, unless what comes after that was there.
    if (to === end && (line.seen & seen.window) === 0) return fail(line, 'cut');
    line.flags |= flag;
    return to;
  } else if (length === 2 && ipFlag(b, from) !== 0) {
    if ((line.kept & ipFlag(b, from)) !== 0) return fail(line, 'duplicate-field');
    line.kept |= ipFlag(b, from);
  } else if (!isNewFlag(line, b, from, to)) return fail(line, to === end ? 'cut' : 'unexpected-text');
  if (q < end && b[q] !== space) return fail(line, 'unexpected-text');
  return line.keep(from, q) ? q : fail(line, 'unexpected-text');
}

/** Offset after "OPT (…)", which for IPv6 holds what its extension headers say; -1 when it does not end. */
function optionsEnd(line: Line, b: Uint8Array, at: number, end: number): number {
  for (let p = at; p < end; p++) {
    const byte = b[p]!;
    if (byte === closeParen) return p + 1;
    if (byte < space) return fail(line, 'unexpected-text');
    if (byte !== space) continue;
    if (startsWith(b, p + 1, 'ESP ')) line.seen |= seen.esp;
    else if (startsWith(b, p + 1, 'FRAG:TRUNCATED ')) {
      // The one thing after which the kernel does not close the bracket.
      line.seen |= seen.truncated;
      return Math.min(p + 15, end);
    } else if (startsWith(b, p + 1, 'FRAG:')) {
      if (readFragment(line, b, p + 6) < 0) return -1;
    } else if (startsWith(b, p + 1, 'INCOMPLETE [')) line.seen |= seen.unknownHeader;
  }
  return fail(line, 'cut');
}

/** Notes whether the fragment whose offset stands at `at` is a later one, or its header was cut short. Returns where its digits end, or -1. */
function readFragment(line: Line, b: Uint8Array, at: number): number {
  const digits = digitsEnd(b, at);
  line.seen |= seen.fragment;
  const offset = digits === at ? 0 : numberAt(b, at, digits);
  // IPv4 counts in units of 8 bytes, the IPv6 logger in bytes.
  if (digits > at + 5 || offset > (line.family === 4 ? 0x1fff : 0xfff8)) return fail(line, 'out-of-range');
  if (offset !== 0) line.seen |= seen.laterFragment;
  if (startsWith(b, at, 'TRUNCATED')) line.seen |= seen.truncated;
  return digits;
}

function fail(line: Line, reason: RejectReason): -1 {
  line.reason = reason;
  return -1;
}

/** The bit of CE, DF or MF at `at`, 0 for anything else. */
function ipFlag(b: Uint8Array, at: number): number {
  if (b[at + 1] === 0x46) return b[at] === 0x44 ? kept.df : b[at] === 0x4d ? kept.mf : 0;
  return b[at] === 0x43 && b[at + 1] === 0x45 ? kept.ce : 0;
}

/** A TCP flag that has no bit in `tcp_flags`: AE, or a newer kernel's, two to four capitals between RES= and URGP=. */
function isNewFlag(line: Line, b: Uint8Array, from: number, to: number): boolean {
  if (to - from === 2 && startsWith(b, from, 'AE')) return true;
  if ((line.kept & (kept.res | kept.urgp)) !== kept.res || to - from < 2 || to - from > 4) return false;
  for (let p = from; p < to; p++) if (b[p]! < 0x41 || b[p]! > 0x5a) return false;
  return true;
}
