import {
  closeBracket,
  colon,
  digitsEnd,
  dot,
  equals,
  greater,
  less,
  nine,
  numberAt,
  openBracket,
  quote,
  space,
  startsWith,
  zero,
} from './ascii.ts';
import type { Clock } from './clock.ts';
import { KnownTexts } from './known-text.ts';
import type { Line } from './line.ts';
import { facilityAt, isFacility, isName, severityAt, wordEnd, writerOf } from './sender.ts';
import { fraction, Stamp } from './stamp.ts';
import { writer } from './suppression.ts';

/*
 * What stands before the kernel's text:
 *
 *   line    = [BOM] [octets " "] ["<" pri ">"] (syslog | rfc5424 | dmesg | monotonic | pve | text)
 *   syslog  = stamp [" " host [" " host]] [" " facility "." severity] [" " tag] " " text        stamps: stamp.ts
 *   tag     = name ["[" pid "]"] ":"                          kernel:, ulogd[1]:, or another program's
 *   rfc5424 = "1 " (iso | "-") " " host " " app " " procid " " msgid " " ("-" | 1*sd) " " [BOM] text       RFC 5424; some writers leave out fields
 *   dmesg   = [facility ":" level ": "] ("[" ktime "]" | "[" ctime "]" | iso-with-comma) ["[" caller "]"] " " text
 *   monotonic = "[" ktime "] " host " kernel: " text          journalctl short-monotonic
 *   pve     = vmid " " level " " chain " " dd/Mmm/yyyy:hh:mm:ss " " zone " " text           pvefw-logger: read in guest-log.ts
 *   text    = ["[" ktime "]" ["[" caller "]"] " "] message    rsyslog keeps the kernel's own stamp
 *   ktime   = *" " seconds "." micros                         since boot
 *   caller  = *" " ("T" | "C") number                         CONFIG_PRINTK_CALLER
 *
 * Host names and tags are the sender's words. What a program other than the kernel or ulogd says is no packet record, whatever it looks like: any
 * user can make sshd log `IN=eth0 SRC=…` by calling himself that.
 */
export class Framing {
  /** Who wrote the message: `writer`. */
  by: number = writer.kernel;
  readonly #clock: Clock;
  readonly #stamp: Stamp;
  readonly #bootTime: number;
  /** "host kernel: ", with the length of the host. */
  readonly #hosts = new KnownTexts<number>();

  /** `bootTime`: NaN when not known. */
  constructor(clock: Clock, bootTime: number) {
    this.#clock = clock;
    this.#stamp = new Stamp(clock);
    this.#bootTime = Math.floor(bootTime);
  }

  /** Reads what stands before the message in [from, end) of `line.bytes`, sets time and host; returns the message's offset, -1 with `line.reason`. */
  read(line: Line, from: number, end: number): number {
    const b = line.bytes;
    this.by = writer.kernel;
    line.hostFrom = line.hostTo = 0;
    line.knownHost = null;
    line.time = this.#clock.now;
    line.timeSource = 2;
    let p = from;
    if (b[p] === 0xef && b[p + 1] === 0xbb && b[p + 2] === 0xbf) p += 3;
    p = this.#priority(b, p);
    if (b[p] === 0x31 && b[p + 1] === space && p > from) return this.#rfc5424(line, p + 2, end);
    if (b[p] === openBracket) return this.#bracket(line, p, end);
    if (end - p > 16 && this.#stamp.repeats(line.view, p)) {
      line.time = this.#stamp.time;
      line.timeSource = 0;
      return this.#host(line, p + 16, end);
    }
    const after = this.#stamp.read(b, p, end);
    if (after === p) return this.#unstamped(line, p, end);
    if (b[after] !== space && b[after] !== colon) return after >= end ? this.#setTime(line, end) : p;
    const q = this.#setTime(line, after + 1);
    if (q < 0) return q;
    if (b[after] === colon) return this.#message(line, skipSpaces(b, q, end), end);
    if (after === p + 15 && b[after] === space && b[p]! > nine) this.#stamp.remember(line.view, p);
    if (this.#stamp.byDmesg) return this.#kernelStamp(line, q, end, false);
    return this.#host(line, q, end);
  }

  /** Skips the kernel's own stamp before the message at `at`. */
  text(line: Line, at: number, end: number): number {
    return this.#kernelStamp(line, at, end, false);
  }

  /** ["NNN "] "<" pri ">" : offset after it. */
  #priority(b: Uint8Array, at: number): number {
    let p = at;
    if (b[p] !== less) {
      p = digitsEnd(b, at);
      if (p === at || p - at > 6 || b[p] !== space || b[p + 1] !== less) return at; // no octet count
      p++;
    }
    const digits = digitsEnd(b, p + 1);
    return digits > p + 1 && digits - p <= 4 && b[digits] === greater ? digits + 1 : at;
  }

  #setTime(line: Line, next: number): number {
    line.time = this.#stamp.time;
    line.timeSource = 0;
    if (line.time === line.time) return next;
    line.reason = 'bad-time';
    return -1;
  }

  /** [host [host]] [facility.severity] tag text, after the stamp's space. */
  #host(line: Line, at: number, end: number): number {
    const known = this.#hosts.find(line.view, at, end - at);
    if (known !== null) {
      line.hostFrom = at;
      line.hostTo = at + known.meaning;
      line.knownHost = known;
      return this.#kernelStamp(line, at + known.length, end, false);
    }
    const b = line.bytes;
    const p = skipSpaces(b, at, end);
    let q = p;
    while (hostByte[b[q]!] === 1) q++;
    if (q === p || b[q] !== space || b[q - 1] === colon) return this.#message(line, p, end);
    // The common case first: "host kernel: ".
    if (startsWith(b, q + 1, 'kernel: ') && !isFacility(b, p, q)) {
      line.hostFrom = p;
      line.hostTo = q;
      if (q + 9 <= end) this.#hosts.learn(b, line.view, p, q + 9, q - p);
      return this.#kernelStamp(line, q + 9, end, false);
    }
    if (isFacility(b, p, q) || isBarePrefix(b, p, q)) return this.#message(line, p, end);
    line.hostFrom = p;
    line.hostTo = q;
    const next = skipSpaces(b, q, end);
    let same = next;
    while (same - next < q - p && b[same] === b[p + same - next]) same++;
    return this.#message(line, same - next === q - p && b[same] === space ? same + 1 : next, end);
  }

  /** [facility.severity] [tag] text */
  #message(line: Line, at: number, end: number): number {
    const b = line.bytes;
    let p = at;
    let q = tokenEnd(b, p, end);
    if (isFacility(b, p, q)) {
      p = skipSpaces(b, q, end);
      q = tokenEnd(b, p, end);
    }
    if (startsWith(b, p, 'kernel:')) return this.#kernelStamp(line, skipSpaces(b, p + 7, end), end, false);
    if (b[q - 1] !== colon || q - p < 2) return this.#kernelStamp(line, p, end, false);
    // A tag: name ["[" pid "]"] ":"
    let name = p;
    while (name < q && tagByte[b[name]!] === 1) name++;
    let hasPid = false;
    if (b[name] === openBracket) {
      const pid = digitsEnd(b, name + 1);
      hasPid = pid > name + 1 && b[pid] === closeBracket && pid + 2 === q;
    }
    if (name === p || (!hasPid && name !== q - 1)) return this.#kernelStamp(line, p, end, false);
    const next = skipSpaces(b, q, end);
    if (isName(b, p, name, 'kernel')) return this.#kernelStamp(line, next, end, false);
    const by = writerOf(b, p, name, hasPid);
    if (by < 0) return this.#kernelStamp(line, p, end, false); // no program known: a prefix may look like a tag
    this.by = by;
    return next;
  }

  /** What has no stamp. */
  #unstamped(line: Line, at: number, end: number): number {
    const b = line.bytes;
    if (b[at] === 0x4d && startsWith(b, at, 'MESSAGE=')) return this.#kernelStamp(line, at + 8, end, false); // journalctl -o export
    // dmesg -x: "kern  :warn  : "
    const facility = wordEnd(b, at);
    const mark = skipSpaces(b, facility, end);
    if (facility > at && facility - at <= 8 && b[mark] === colon) {
      const level = wordEnd(b, mark + 1);
      const close = skipSpaces(b, level, end);
      if (
        level > mark + 1 &&
        b[close] === colon &&
        b[close + 1] === space &&
        facilityAt(b, at, facility) &&
        severityAt(b, mark + 1, level)
      ) {
        if (!isName(b, at, facility, 'kern')) this.by = writer.program;
        const by = this.by;
        const p = b[close + 2] === openBracket ? this.#bracket(line, close + 2, end) : this.#dmesgIso(line, close + 2, end);
        if (by !== writer.kernel) this.by = by;
        return p;
      }
    }
    return this.#message(line, at, end);
  }

  #dmesgIso(line: Line, at: number, end: number): number {
    const p = this.#stamp.read(line.bytes, at, end);
    if (p === at || line.bytes[p] !== space) return this.#kernelStamp(line, at, end, false);
    return this.#setTime(line, p + 1) < 0 ? -1 : this.#kernelStamp(line, p + 1, end, false);
  }

  /** "[" at the line's beginning: dmesg, dmesg -T, journalctl short-monotonic, or a prefix. */
  #bracket(line: Line, at: number, end: number): number {
    const b = line.bytes;
    const p = this.#stamp.read(b, at + 1, end);
    if (p > at + 1 && b[p] === closeBracket) {
      return this.#setTime(line, p + 1) < 0 ? -1 : this.#kernelStamp(line, skipSpaces(b, p + 1, end), end, false);
    }
    const after = this.#kernelStamp(line, at, end, true);
    if (line.timeSource === 2 && after === at) return this.#message(line, at, end);
    // "[ktime] host kernel: " is the journal's.
    let q = after;
    while (hostByte[b[q]!] === 1) q++;
    if (q === after || b[q] !== space || b[q - 1] === colon) return startsWith(b, after, 'kernel: ') ? after + 8 : after;
    if (startsWith(b, q + 1, 'kernel: ')) {
      line.hostFrom = after;
      line.hostTo = q;
      return q + 9;
    }
    // Another program's journal entry: "[ktime] host sshd[1]: ".
    const tag = tokenEnd(b, q + 1, end);
    if (b[tag - 1] === colon && b[tag - 2] === closeBracket) return this.#message(line, q + 1, end);
    return after;
  }

  /** ["[" ktime "]" ["[" caller "]"] " "] : offset of what follows. With `isTime` the stamp is the line's only one. */
  #kernelStamp(line: Line, at: number, end: number, isTime: boolean): number {
    const b = line.bytes;
    if (b[at] !== openBracket) return at;
    let p = at + 1;
    while (b[p] === space) p++;
    const seconds = p;
    while (b[p]! >= zero && b[p]! <= nine) p++;
    if (p === seconds || b[p] !== dot) return at;
    const micros = p + 1;
    const close = digitsEnd(b, micros);
    if (close === micros || b[close] !== closeBracket) return at;
    if (isTime && this.#bootTime === this.#bootTime) {
      line.time = this.#bootTime + numberAt(b, seconds, p) * 1000 + fraction(b, micros, close);
      line.timeSource = 1;
    }
    p = close + 1;
    if (b[p] === openBracket || (b[p] === space && b[p + 1] === openBracket)) {
      let q = b[p] === space ? p + 2 : p + 1;
      while (b[q] === space) q++;
      const digits = digitsEnd(b, q + 1);
      if ((b[q] === 0x54 || b[q] === 0x43) && digits > q + 1 && b[digits] === closeBracket) p = digits + 1;
    }
    return b[p] === space ? Math.min(p + 1, end) : p;
  }

  /** After "<pri>1 ". */
  #rfc5424(line: Line, at: number, end: number): number {
    const b = line.bytes;
    let p = this.#stamp.read(b, at, end);
    if (p > at) {
      if (this.#setTime(line, p) < 0) return -1;
    } else if (b[at] === 0x2d) p = at + 1;
    if (b[p] !== space) return this.#message(line, at, end);
    p++;
    let q = tokenEnd(b, p, end);
    if (!(q === p + 1 && b[p] === 0x2d)) {
      line.hostFrom = p;
      line.hostTo = q;
    }
    p = skipSpaces(b, q, end);
    // APP-NAME; a writer that ends it with a colon has put a tag there and leaves out the rest.
    q = tokenEnd(b, p, end);
    if (b[q - 1] === colon || b[p] === openBracket) return this.#message(line, p, end);
    const app = p;
    const appTo = q;
    p = skipSpaces(b, q, end);
    const procid = p;
    const first = tokenEnd(b, p, end);
    const second = tokenEnd(b, skipSpaces(b, first, end), end);
    const sd = skipSpaces(b, second, end);
    const data = structuredDataEnd(b, sd, end);
    if (data > sd) p = skipSpaces(b, data, end);
    else for (let i = 0; i < 3 && b[p] === 0x2d && b[p + 1] === space; i++) p = skipSpaces(b, p + 1, end);
    if (b[p] === 0xef && b[p + 1] === 0xbb && b[p + 2] === 0xbf) p += 3;
    const hasPid = data > sd && digitsEnd(b, procid) === first && first > procid;
    const by = isName(b, app, appTo, 'kernel') ? -1 : writerOf(b, app, appTo, hasPid);
    if (by < 0) return this.#message(line, p, end);
    this.by = by;
    return p;
  }
}

/** Offset after "-" or the SD-ELEMENTs at `at`; `at` when there is no structured data: `[UFW BLOCK]` is none, its second word has no value. */
function structuredDataEnd(b: Uint8Array, at: number, end: number): number {
  if (b[at] === 0x2d && (b[at + 1] === space || at + 1 === end)) return at + 1;
  let p = at;
  while (b[p] === openBracket) {
    let registered = false;
    let parameters = 0;
    p++;
    while (b[p]! > space && b[p] !== equals && b[p] !== closeBracket && b[p] !== quote) {
      if (b[p] === 0x40) registered = true;
      p++;
    }
    while (b[p] === space) {
      p++;
      while (b[p]! > space && b[p] !== equals && b[p] !== closeBracket && b[p] !== quote) p++;
      if (b[p] !== equals || b[p + 1] !== quote) return at;
      p += 2;
      while (p < end && b[p] !== quote) p += b[p] === 0x5c ? 2 : 1;
      if (p >= end) return at;
      p++;
      parameters++;
    }
    if (b[p] !== closeBracket || (parameters === 0 && !registered)) return at;
    p++;
  }
  return p > at && (b[p] === space || p === end) ? p : at;
}

const hostByte = new Uint8Array(256).fill(1, 0x21, 0x7f).fill(1, 0x80);
for (const byte of '=[]()"<>*;{}|\'`') hostByte[byte.charCodeAt(0)] = 0;

const tagByte = new Uint8Array(256);
for (const byte of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./') tagByte[byte.charCodeAt(0)] = 1;

/** Whether the word that could be a host is a verdict right before `IN=`: routers without a host name write `Aug 29 18:11:22 DROP IN=…`. */
function isBarePrefix(b: Uint8Array, from: number, to: number): boolean {
  if (!startsWith(b, to, ' IN=')) return false;
  for (const name of ['DROP', 'ACCEPT', 'REJECT', 'DENY', 'BLOCK', 'DROPPED', 'DENIED', 'BLOCKED'])
    if (isName(b, from, to, name)) return true;
  return false;
}

function tokenEnd(b: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && b[p]! > space) p++;
  return p;
}

function skipSpaces(b: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && b[p] === space) p++;
  return p;
}
