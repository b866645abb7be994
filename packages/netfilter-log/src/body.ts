import { closeParen, space, equals, startsWith } from './ascii.ts';
import { readTokens } from './any-order.ts';
import { lastOutStart, lastStart } from './body-start.ts';
import { readAfterInterfaces, readCommonOrder } from './common-order.ts';
import type { KnownText } from './known-text.ts';
import { type HeadMeaning, kept, type Line, seen } from './line.ts';

/*
 * The body of a packet record, after the prefix, as nf_log_syslog.c prints it (every piece ends with one space):
 *
 *   body   = "IN=" [name] " OUT=" [name] " " ["PHYSIN=" name " "] ["PHYSOUT=" name " "] [link] (ipv4 | ipv6 | arp)
 *   link   = "MAC=" [hex *(":" hex)] " " ["TUNNEL=" ip "->" ip " "]
 *          | "MACSRC=" mac " MACDST=" mac " " ["VPROTO=" hex " VID=" n " "] "MACPROTO=" hex " "
 *   ipv4   = "TRUNCATED" | "SRC=" ip " DST=" ip " LEN=" n " TOS=0x" hex " PREC=0x" hex " TTL=" n " ID=" n " "
 *            ["CE "] ["DF "] ["MF "] ["FRAG:" n " "] ["OPT (" hex ") "] [l4] ["UID=" n " GID=" n " "] ["MARK=0x" hex " "]
 *   ipv6   = "TRUNCATED" | "SRC=" ip " DST=" ip " LEN=" n " TC=" n " HOPLIMIT=" n " FLOWLBL=" n " "
 *            *("OPT ( " ... ") " | "FRAG:" n " " ["INCOMPLETE "] "ID:" hex " ") [l4] ["UID=" …] ["MARK=" …]
 *   l4     = "PROTO=TCP SPT=" n " DPT=" n " " ["SEQ=" n " ACK=" n " "] "WINDOW=" n " RES=0x" hex " "
 *            *(("AE" | "CWR" | "ECE" | "URG" | "ACK" | "PSH" | "RST" | "SYN" | "FIN") " ") "URGP=" n " " ["OPT (" hex ") "]
 *          | ("PROTO=UDP" | "PROTO=UDPLITE") " SPT=" n " DPT=" n " LEN=" n " "
 *          | ("PROTO=ICMP" | "PROTO=ICMPv6") " TYPE=" n " CODE=" n " " ["ID=" n " SEQ=" n " "] ["PARAMETER=" n " " | "POINTER=" hex " "]
 *            ["GATEWAY=" ip " "] ["[" (ipv4 | ipv6) "] "] ["MTU=" n " "]
 *          | ("PROTO=AH" | "PROTO=ESP") " SPI=0x" hex " "
 *          | "PROTO=" n " "
 *   Any header may be cut short: "INCOMPLETE [" n " bytes] "; later fragments have no header after PROTO, an AH's no PROTO either.
 *
 * Writers that imitate the kernel leave pieces out, add some, or order them differently, and so did older kernels. Therefore `readCommonOrder` follows the
 * kernel's order without looking for keys, and from the first piece it did not expect `readTokens` goes on, piece by piece in any order.
 */

/**
 * Reads the body that starts in [from, end) of `line.bytes`; `bytes[end]` is a byte ≤ space. `head`: the text at `from`, when its interfaces have been read
 * before. False: `line.reason` says why, `not-a-packet` when none starts.
 */
export function readBody(line: Line, from: number, end: number, head: KnownText<HeadMeaning> | null = null): boolean {
  const bytes = line.bytes;
  let start: number;
  let p: number;
  if (head === null) {
    start = firstStart(bytes, from, end);
    if (start < 0) return readOutOnly(line, from, end);
    line.clearBody();
    p = readCommonOrder(line, bytes, start, end);
  } else {
    line.clearBody();
    start = from + head.meaning.start;
    p = readAfterKnownHead(line, head, from, end);
  }
  if (p < end) {
    // The prefix may hold a whole forged record, so the body is the last that can be one. What the common order has read cannot start another.
    const last = lastStart(bytes, (line.seen & seen.src) === 0 ? from : p, end);
    if (last >= 0 && last !== start) {
      start = last;
      line.knownHead = null;
      line.clearBody();
      p = readCommonOrder(line, bytes, start, end);
    } else if (last < 0 && (line.seen & seen.src) === 0) {
      line.knownHead = null;
      return readOutOnly(line, from, end);
    }
  }
  line.prefixTo = start;
  if (p < end) {
    line.plain = false;
    if (!readTokens(line, bytes, p, end)) return false;
  }
  return judge(line, bytes, end);
}

/** As `readCommonOrder` from the head's `IN=`. */
function readAfterKnownHead(line: Line, { meaning, length }: KnownText<HeadMeaning>, from: number, end: number): number {
  line.inFrom = from + meaning.start + 3;
  line.inTo = from + meaning.inTo;
  line.outFrom = line.inTo + 5;
  line.outTo = from + meaning.outTo;
  line.seen = seen.in | seen.out;
  return readAfterInterfaces(line, line.bytes, from + length, end);
}

/** The first `IN=` that is not the end of `PHYSIN=`, or -1. */
export function firstStart(bytes: Uint8Array, from: number, end: number): number {
  for (let p = from; p < end - 2; p++) {
    if (bytes[p] !== 0x49 || bytes[p + 1] !== 0x4e || bytes[p + 2] !== equals) continue;
    if (p - 4 < from || !startsWith(bytes, p - 4, 'PHYS')) return p;
  }
  return -1;
}

/** A body without `IN=`: Proxmox leaves out the key of an empty interface. */
function readOutOnly(line: Line, from: number, end: number): boolean {
  const start = lastOutStart(line.bytes, from, end);
  if (start < 0) return line.reject('not-a-packet');
  line.clearBody();
  line.prefixTo = start;
  return readTokens(line, line.bytes, start, end) && judge(line, line.bytes, end);
}

/** Whether what was read is a whole record. What a cut took away must never look like something the packet did not have. */
function judge(line: Line, b: Uint8Array, end: number): boolean {
  const has = line.seen;
  if ((has & (seen.src | seen.dst)) !== (seen.src | seen.dst)) {
    if ((has & seen.truncated) !== 0) return line.reject('truncated-packet');
    const linkOnly = (has & ~(seen.in | seen.out)) === 0 && line.proto < 0;
    return line.reject(linkOnly && b[end - 1] === space ? 'non-ip' : 'cut');
  }
  const short = (has & (seen.laterFragment | seen.incomplete)) !== 0;
  if ((has & seen.proto) === 0) return judgeWithoutProtocol(line, b, end);
  switch (line.proto) {
    case 6:
      if (short) return true;
      if ((has & seen.dstPort) === 0 || (has & seen.srcPort) === 0) return line.reject('cut');
      // Flags that were cut off would turn an answer into a NULL scan: the kernel's URGP= proves that they are whole, other writers print at least one.
      if ((line.kept & kept.urgp) !== 0) return true;
      return (line.kept & kept.res) === 0 && line.flags !== 0 ? true : line.reject('cut');
    case 17:
    case 136:
      return short || (has & (seen.srcPort | seen.dstPort)) === (seen.srcPort | seen.dstPort) ? true : line.reject('cut');
    case 1:
    case 58:
      // Each within the other's family is a mere number to the kernel.
      if ((line.proto === 1) !== (line.family === 4)) return true;
      return short || (has & (seen.type | seen.code)) === (seen.type | seen.code) ? true : line.reject('cut');
    default:
      return true;
  }
}

/** The kernel names no protocol after a header it could not read, for the later fragments of an AH packet, and for ESP in IPv6. */
function judgeWithoutProtocol(line: Line, b: Uint8Array, end: number): boolean {
  const has = line.seen;
  if ((has & seen.esp) !== 0) {
    line.proto = 50;
    return true;
  }
  if ((has & (seen.truncated | seen.unknownHeader)) !== 0) return true;
  if ((has & seen.laterFragment) !== 0) {
    if (line.family === 4) line.proto = 51;
    else return endsIn(b, end, 'ID:') || line.reject('cut'); // another extension header followed, of which nothing is printed
  } else if (line.family === 6 && (line.kept & kept.flowLabel) !== 0 && (has & seen.fragment) === 0 && endsIn(b, end, 'FLOWLBL='))
    line.proto = 50;
  else return line.reject('cut');
  return true;
}

/** Whether the last piece begins with `text` or is an "OPT (…)". */
function endsIn(b: Uint8Array, end: number, text: string): boolean {
  let to = end;
  while (b[to - 1] === space) to--;
  if (b[to - 1] === closeParen) return true;
  let from = to;
  while (b[from - 1]! > space) from--;
  return startsWith(b, from, text);
}
