import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  digitsEnd,
  hexValue,
  minus,
  nine,
  numberAt,
  openBrace,
  openBracket,
  quote,
  space,
  startsWith,
  zero,
} from './ascii.ts';
import { writerNamed } from './sender.ts';
import type { Line } from './line.ts';
import { writer } from './suppression.ts';

/*
 * A line of `journalctl -o json`: one flat object. Values are strings, for what is not UTF-8 arrays of byte values, for what is too large null, for a
 * field that came twice arrays of these. Times and ids are strings of digits.
 */

/** A JSON line longer than this is refused: an entry that quotes a kernel line takes a few KiB. */
export const maxJsonBytes = 65_536;

/** Reads journal entries into a buffer of its own; the message and the host are spans of it. */
export class JournalEntry {
  messageFrom = 0;
  messageTo = 0;
  by: number = writer.kernel;
  /** The decoded texts; grows never. */
  readonly text = new Uint8Array(maxJsonBytes + 16);
  #length = 0;
  #valueFrom = 0;
  #valueTo = 0;

  /** Reads the object that starts at `at`; false with `line.reason`. Time, host and the buffer are set in `line`. */
  read(line: Line, b: Uint8Array, at: number, end: number): boolean {
    this.#length = 0;
    this.messageFrom = -1;
    let transport = -1; // 0 kernel, 1 another
    let identifier = -2;
    let foreign = false;
    let p = skipBlank(b, at + 1, end);
    while (p < end && b[p] !== closeBrace) {
      if (b[p] !== quote) return line.reject('malformed-journal');
      const key = p + 1;
      const keyEnd = stringEnd(b, p, end);
      if (keyEnd < 0) return line.reject('malformed-journal');
      p = skipBlank(b, keyEnd, end);
      if (b[p] !== colon || p >= end) return line.reject('malformed-journal');
      const value = skipBlank(b, p + 1, end);
      p = valueEnd(b, value, end);
      if (p < 0) return line.reject('malformed-journal');
      const to = keyEnd - 1;
      if (isKey(b, key, to, 'MESSAGE')) {
        if (!this.#decode(b, value, p)) return line.reject('malformed-journal');
        this.messageFrom = this.#valueFrom;
        this.messageTo = this.#valueTo;
      } else if (isKey(b, key, to, '_HOSTNAME')) {
        if (this.#decode(b, value, p)) {
          line.hostFrom = this.#valueFrom;
          line.hostTo = this.#valueTo;
        }
      } else if (isKey(b, key, to, '__REALTIME_TIMESTAMP') && this.#decode(b, value, p)) {
        const digits = digitsEnd(this.text, this.#valueFrom);
        if (digits > this.#valueFrom) {
          line.time = Math.floor(numberAt(this.text, this.#valueFrom, Math.min(digits, this.#valueTo)) / 1000);
          line.timeSource = 0;
        }
      } else if (isKey(b, key, to, '_TRANSPORT') && this.#decode(b, value, p)) {
        transport = isKey(this.text, this.#valueFrom, this.#valueTo, 'kernel') ? 0 : 1;
      } else if (isKey(b, key, to, 'SYSLOG_IDENTIFIER') && this.#decode(b, value, p)) {
        identifier = writerNamed(this.text, this.#valueFrom, this.#valueTo);
        if (identifier === writer.kernel && startsWith(this.text, this.#valueFrom, 'ulogd')) transport = 0;
      } else if (
        startsWith(b, key, 'oob.') ||
        startsWith(b, key, 'ip.') ||
        isKey(b, key, to, 'src_ip') ||
        isKey(b, key, to, 'dvc')
      ) {
        foreign = true;
      }
      p = skipBlank(b, p, end);
      if (b[p] === comma) p = skipBlank(b, p + 1, end);
      else if (b[p] !== closeBrace) return line.reject('malformed-journal');
    }
    if (p >= end) return line.reject('malformed-journal');
    if (this.messageFrom < 0) return line.reject(foreign ? 'ulogd-json' : 'not-a-packet');
    this.by = transport !== 1 ? Math.max(identifier, writer.kernel) : identifier > writer.kernel ? identifier : writer.program;
    return true;
  }

  /** Decodes the value in [from, to) to the end of the buffer; a line end follows it there. False: neither text nor bytes. */
  #decode(b: Uint8Array, from: number, to: number): boolean {
    this.#valueFrom = this.#length;
    let ok = true;
    if (b[from] === quote) this.#decodeString(b, from + 1, to - 1);
    else if (b[from] === openBracket) ok = this.#decodeBytes(b, from + 1, to - 1);
    else if (b[from]! >= zero && b[from]! <= nine) while (from < to) this.text[this.#length++] = b[from++]!;
    else ok = false;
    this.#valueTo = this.#length;
    this.text[this.#length++] = 0x0a;
    return ok;
  }

  #decodeString(b: Uint8Array, from: number, to: number): void {
    const text = this.text;
    for (let p = from; p < to; p++) {
      const byte = b[p]!;
      if (byte !== backslash) {
        text[this.#length++] = byte;
        continue;
      }
      p++;
      switch (b[p]!) {
        case 0x6e:
          text[this.#length++] = 0x0a;
          break;
        case 0x74:
          text[this.#length++] = 0x09;
          break;
        case 0x72:
          text[this.#length++] = 0x0d;
          break;
        case 0x62:
          text[this.#length++] = 0x08;
          break;
        case 0x66:
          text[this.#length++] = 0x0c;
          break;
        case 0x75: {
          let unit = unitAt(b, p + 1, to);
          p += 4;
          if (unit >= 0xd800 && unit < 0xdc00 && b[p + 1] === backslash && b[p + 2] === 0x75) {
            const low = unitAt(b, p + 3, to);
            if (low >= 0xdc00 && low < 0xe000) {
              unit = 0x10000 + (unit - 0xd800) * 0x400 + low - 0xdc00;
              p += 6;
            }
          }
          this.#put(unit);
          break;
        }
        default:
          text[this.#length++] = b[p]!;
      }
    }
  }

  /** Appends a code point as UTF-8; what is none becomes U+FFFD. */
  #put(point: number): void {
    const text = this.text;
    const code = point < 0 || (point >= 0xd800 && point < 0xe000) ? 0xfffd : point;
    if (code < 0x80) text[this.#length++] = code;
    else if (code < 0x800) {
      text[this.#length++] = 0xc0 | (code >> 6);
      text[this.#length++] = 0x80 | (code & 63);
    } else {
      if (code < 0x10000) text[this.#length++] = 0xe0 | (code >> 12);
      else {
        text[this.#length++] = 0xf0 | (code >> 18);
        text[this.#length++] = 0x80 | ((code >> 12) & 63);
      }
      text[this.#length++] = 0x80 | ((code >> 6) & 63);
      text[this.#length++] = 0x80 | (code & 63);
    }
  }

  /** "[73,78,61]" */
  #decodeBytes(b: Uint8Array, from: number, to: number): boolean {
    let p = skipBlank(b, from, to);
    while (p < to) {
      const digits = digitsEnd(b, p);
      const value = numberAt(b, p, digits);
      if (digits === p || value > 255) return false;
      this.text[this.#length++] = value;
      p = skipBlank(b, digits, to);
      if (p < to && b[p] !== comma) return false;
      p = skipBlank(b, p + 1, to);
    }
    return true;
  }
}

/** The UTF-16 unit of four hexadecimal digits, -1 when they are not. */
function unitAt(b: Uint8Array, at: number, to: number): number {
  let value = 0;
  for (let p = at; p < at + 4; p++) {
    if (p >= to || hexValue[b[p]!]! > 15) return -1;
    value = value * 16 + hexValue[b[p]!]!;
  }
  return value;
}

function isKey(b: Uint8Array, from: number, to: number, name: string): boolean {
  return to - from === name.length && startsWith(b, from, name);
}

function skipBlank(b: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (b[p] === space || b[p] === 0x09)) p++;
  return p;
}

/** Offset after the string whose quote is at `at`, -1 when it does not end. */
function stringEnd(b: Uint8Array, at: number, end: number): number {
  for (let p = at + 1; p < end; p++) {
    if (b[p] === backslash) p++;
    else if (b[p] === quote) return p + 1;
  }
  return -1;
}

/** Offset after the value at `at`, whatever it is; -1 when it does not end. Nested ones by depth, without recursion. */
function valueEnd(b: Uint8Array, at: number, end: number): number {
  let depth = 0;
  let p = at;
  do {
    const byte = b[p]!;
    if (p >= end) return -1;
    if (byte === quote) {
      p = stringEnd(b, p, end);
      if (p < 0) return -1;
    } else if (byte === openBracket || byte === openBrace) {
      depth++;
      p++;
    } else if (byte === closeBracket || byte === closeBrace) {
      if (depth === 0) return -1;
      depth--;
      p++;
    } else if (depth > 0 && (byte === comma || byte === colon || byte === space)) p++;
    else {
      const from = p;
      while (isLiteral(b[p]!)) p++;
      if (p === from) return -1;
    }
  } while (depth > 0);
  return p;
}

/** Bytes of numbers, true, false and null. */
function isLiteral(byte: number): boolean {
  return (
    (byte >= zero && byte <= nine) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === minus ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}
