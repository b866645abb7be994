import {
  closeBracket,
  colon,
  comma,
  digitsEnd,
  includes,
  minus,
  numberAt,
  openBrace,
  semicolon,
  space,
  startsWith,
} from './ascii.ts';
import { firstStart, readBody } from './body.ts';
import { Clock } from './clock.ts';
import { Framing } from './framing.ts';
import { guestLogText } from './guest-log.ts';
import { JournalEntry, maxJsonBytes } from './journal.ts';
import { KnownTexts } from './known-text.ts';
import { type HeadMeaning, Line, margin } from './line.ts';
import { classify } from './not-a-packet.ts';
import { maxLineBytes, maxRepeats } from './record.ts';
import { readSuppression, writer } from './suppression.ts';
import { unescapeHex } from './text.ts';

/** What `scan` found: `line` holds a record, a reason, or an undercount. */
export const scanned = { record: 0, rejected: 1, undercount: 2 } as const;

/** What the lines of a source do not say about themselves. */
export interface ScannerOptions {
  /** IANA name, `UTC` or `+02:00`, for stamps without a zone; RangeError for one that is not known. Default UTC. */
  readonly timeZone?: string | undefined;
  /** Milliseconds since 1970 when the machine booted: turns the kernel's own stamps into wall time. */
  readonly bootTime?: number | undefined;
}

/**
 * Reads one line after another into `line`. Never throws, allocates next to nothing, and takes time linear in the line's length (of which `maxLineBytes`
 * are read). How lines begin is remembered, but one line's result does not depend on the lines before it.
 */
export class LineScanner {
  readonly line = new Line();
  readonly #clock: Clock;
  readonly #framing: Framing;
  readonly #heads = new KnownTexts<HeadMeaning>();
  readonly #journal = new JournalEntry();
  /** A line that is not followed by a line end where it stands. */
  readonly #copy = new Uint8Array(maxLineBytes + margin);
  readonly #copyView = viewOf(this.#copy);
  /** A line that had to be rewritten to be read. */
  readonly #rewritten = new Uint8Array(maxLineBytes + 64);
  readonly #rewrittenView = viewOf(this.#rewritten);
  readonly #journalView = viewOf(this.#journal.text);
  #chunk: Uint8Array | undefined;
  #chunkBytes: Uint8Array = this.#copy;
  #chunkView: DataView = this.#copyView;
  readonly #bootTime: number;

  constructor(options: ScannerOptions = {}) {
    this.#bootTime = Math.floor(options.bootTime ?? Number.NaN);
    this.#clock = new Clock(options.timeZone);
    this.#framing = new Framing(this.#clock, this.#bootTime);
  }

  /** Reads the line [from, to) of `bytes`, without its line end; `now` is the reference time in milliseconds. Returns a value of `scanned`. */
  scan(bytes: Uint8Array, from: number, to: number, now: number): number {
    const line = this.line;
    const clock = this.#clock;
    clock.setReference(now);
    line.repeated = 1;
    line.long = false;
    line.count = 0;
    let end = to;
    if (end > from && bytes[end - 1] === 0x0d) end--;
    if (bytes[from] === openBrace || (bytes[from] === 0x1e && bytes[from + 1] === openBrace))
      return this.#scanJournal(bytes, from, end, to);
    if (end - from > maxLineBytes) {
      line.long = true;
      end = from + maxLineBytes;
    }
    // The readers below stop at a line end; where none follows, they read a copy with one.
    if (end + margin <= bytes.length && bytes[end]! < space) {
      if (bytes !== this.#chunk) {
        this.#chunk = bytes;
        // A Buffer is another class to V8: code that meets both checks for both, and is thrown away when it meets the second.
        this.#chunkBytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.#chunkView = viewOf(bytes);
      }
      line.bytes = this.#chunkBytes;
      line.view = this.#chunkView;
      return this.#scanText(from, end);
    }
    this.#copy.set(bytes.subarray(from, end));
    return this.#scanCopy(this.#copy, this.#copyView, end - from);
  }

  #scanCopy(copy: Uint8Array, view: DataView, length: number): number {
    copy[length] = 0x0a;
    this.line.bytes = copy;
    this.line.view = view;
    return this.#scanText(0, length);
  }

  #scanText(from: number, end: number): number {
    const line = this.line;
    const b = line.bytes;
    const first = b[from]!;
    if (first >= 0x30 && first <= 0x39) {
      const digits = digitsEnd(b, from);
      if (b[digits] === comma) {
        const result = this.#scanKmsg(from, digits, end);
        if (result >= 0) return result;
      } else if (b[digits] === space && b !== this.#rewritten) {
        const length = guestLogText(b, from, end, this.#rewritten);
        if (length > 0) return this.#scanCopy(this.#rewritten, this.#rewrittenView, length);
      } else if (b[digits] === colon && isSophos(b, from, end)) {
        line.reason = 'sophos';
        return scanned.rejected;
      }
    }
    const message = this.#framing.read(line, from, end);
    if (message < 0) return scanned.rejected;
    return this.#scanMessage(message, end, this.#framing.by);
  }

  /** The message in [from, end), after framing; time and host are set. */
  #scanMessage(from: number, end: number, by: number): number {
    const line = this.line;
    const clock = this.#clock;
    const b = line.bytes;
    if (b[from] === 0x6d && startsWith(b, from, 'message repeated ')) {
      const digits = digitsEnd(b, from + 17);
      if (digits > from + 17 && startsWith(b, digits, ' times: [')) return this.#scanRepeated(from + 17, digits, end, by);
    }
    line.prefixFrom = from;
    if (by !== writer.kernel) return this.#scanProgram(from, end, by);
    const head = this.#heads.find(line.view, from, end - from);
    line.knownHead = head;
    if (readBody(line, from, end, head)) {
      if (!(line.time >= clock.earliest && line.time <= clock.latest && line.time >= 0)) {
        line.reason = 'time-out-of-range';
        return scanned.rejected;
      }
      // Another `IN=` may have turned out to be the body's.
      if (line.knownHead !== null) {
        line.prefixFrom = from + line.knownHead.meaning.prefixFrom;
        line.prefixTo = from + line.knownHead.meaning.prefixTo;
        return scanned.record;
      }
      const start = line.prefixTo;
      if (!this.#trimPrefix()) return scanned.rejected;
      if (head === null) this.#learnHead(from, start, end);
      return scanned.record;
    }
    if (startsWith(b, from, 'PACKET: ')) line.reason = 'xtables-monitor';
    if (line.reason !== 'not-a-packet') return scanned.rejected;
    if (readSuppression(line, from, end, by)) return this.#undercount();
    line.reason = classify(b, from, end);
    return scanned.rejected;
  }

  /** Remembers prefix and interfaces of the message at `from` whose body began at `start`, when they were read in the common order from the first `IN=` on. */
  #learnHead(from: number, start: number, end: number): void {
    const line = this.line;
    const { bytes, inTo, outTo } = line;
    if (line.inFrom !== start + 3 || line.outFrom !== inTo + 5 || firstStart(bytes, from, end) !== start) return;
    if (!startsWith(bytes, inTo, ' OUT=') || bytes[outTo] !== space) return;
    if (includes(bytes, line.inFrom, inTo, '=') || includes(bytes, line.outFrom, outTo, '=')) return;
    this.#heads.learn(bytes, line.view, from, outTo + 1, {
      prefixFrom: line.prefixFrom - from,
      prefixTo: line.prefixTo - from,
      start: start - from,
      inTo: inTo - from,
      outTo: outTo - from,
    });
  }

  #scanProgram(from: number, end: number, by: number): number {
    const line = this.line;
    if (readSuppression(line, from, end, by)) return this.#undercount();
    // A whole record that a program wrote is worth a reason of its own: somebody may be trying.
    line.reason = readBody(line, from, end) ? 'not-kernel' : 'not-a-packet';
    return scanned.rejected;
  }

  #undercount(): number {
    const line = this.line;
    if (line.time >= this.#clock.earliest && line.time <= this.#clock.latest && line.time >= 0) return scanned.undercount;
    line.reason = 'time-out-of-range';
    return scanned.rejected;
  }

  /** "message repeated N times: [ <message>]" as rsyslog writes it: the line stands for N packets. */
  #scanRepeated(number: number, digits: number, end: number, by: number): number {
    const line = this.line;
    const b = line.bytes;
    let p = digits + 9;
    let close = end;
    while (close > p && b[close - 1] === space) close--;
    if (b[p] === space) p++;
    if (close <= p || b[close - 1] !== closeBracket) {
      line.reason = 'cut';
      return scanned.rejected;
    }
    const count = Math.min(numberAt(b, number, digits), 0xffffffff);
    const message = this.#framing.text(line, p, close - 1);
    if (startsWith(b, message, 'message repeated ') || count === 0) {
      line.reason = 'unexpected-text';
      return scanned.rejected;
    }
    const result = this.#scanMessage(message, close - 1, by);
    if (result === scanned.record) {
      line.repeated = Math.min(count, maxRepeats);
      line.count = count - line.repeated;
      line.cause = 'repeat-beyond-bound';
    } else if (result === scanned.undercount) line.count = Math.min(line.count * count, 0xffffffff);
    return result;
  }

  /** Takes the spaces off both ends of the prefix, and what a lost line end has glued before it. */
  #trimPrefix(): boolean {
    const line = this.line;
    const b = line.bytes;
    let from = line.prefixFrom;
    let to = line.prefixTo;
    while (to > from && b[to - 1] === space) to--;
    while (from < to && b[from] === space) from++;
    if (to - from > 127) {
      // Longer than any rule's prefix: OpenWrt's logread cuts lines at 512 bytes without a line end, so the next line's head is in here.
      for (let p = to - 8; p > from; p--) {
        if (!startsWith(b, p, ' kernel: ')) continue;
        from = this.#framing.text(line, p + 9, to);
        while (from < to && b[from] === space) from++;
        break;
      }
    }
    line.prefixFrom = from;
    line.prefixTo = Math.max(from, to);
    if (to - from <= maxPrefixBytes) return true;
    line.reason = 'long-prefix';
    return false;
  }

  /** "prio,seq,us,flags[,key=value];text" of /dev/kmsg; -1 when it is something else. */
  #scanKmsg(from: number, afterPriority: number, end: number): number {
    const line = this.line;
    const b = line.bytes;
    const sequence = digitsEnd(b, afterPriority + 1);
    const micros = digitsEnd(b, sequence + 1);
    if (
      sequence === afterPriority + 1 ||
      b[sequence] !== comma ||
      micros === sequence + 1 ||
      (b[micros] !== comma && b[micros] !== semicolon)
    )
      return -1;
    let p = micros;
    while (p < end && b[p] !== semicolon) p++;
    if (p >= end) {
      line.reason = 'cut';
      return scanned.rejected;
    }
    p++;
    line.hostFrom = line.hostTo = 0;
    line.knownHost = null;
    line.time = this.#clock.now;
    line.timeSource = 2;
    if (this.#bootTime === this.#bootTime) {
      line.time = Math.floor(this.#bootTime) + Math.floor(numberAt(b, sequence + 1, micros) / 1000);
      line.timeSource = 1;
    }
    // The facility is 0 for the kernel alone: what a process writes to /dev/kmsg gets 1.
    const by = numberAt(b, from, afterPriority) > 7 ? writer.program : writer.kernel;
    for (let q = p; q < end; q++) {
      if (b[q] !== 0x5c) continue;
      const length = unescapeHex(b, p, end, this.#rewritten);
      this.#rewritten[length] = 0x0a;
      line.bytes = this.#rewritten;
      line.view = this.#rewrittenView;
      return this.#scanMessage(0, length, by);
    }
    return this.#scanMessage(p, end, by);
  }

  #scanJournal(bytes: Uint8Array, from: number, end: number, to: number): number {
    const line = this.line;
    const journal = this.#journal;
    line.long = to - from > maxJsonBytes;
    line.reason = 'malformed-journal';
    if (line.long) return scanned.rejected;
    line.hostFrom = line.hostTo = 0;
    line.knownHost = null;
    line.time = this.#clock.now;
    line.timeSource = 2;
    if (!journal.read(line, bytes, bytes[from] === openBrace ? from : from + 1, end)) return scanned.rejected;
    line.bytes = journal.text;
    line.view = this.#journalView;
    let messageTo = journal.messageTo;
    if (messageTo - journal.messageFrom > maxLineBytes) {
      line.long = true;
      messageTo = journal.messageFrom + maxLineBytes;
      journal.text[messageTo] = 0x0a;
      // The host may lie behind the message: the byte overwritten belongs to the message's tail.
    }
    return this.#scanMessage(journal.messageFrom, messageTo, journal.by);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Rules print at most 127 bytes; a chain's name (Proxmox) or a description (UniFi) may come before them. */
const maxPrefixBytes = 256;

/** Sophos UTM: "2012:03:05-22:21:05 host ulogd[1]: id=…" */
function isSophos(b: Uint8Array, from: number, end: number): boolean {
  return end - from > 20 && b[from + 4] === colon && b[from + 7] === colon && b[from + 10] === minus;
}
