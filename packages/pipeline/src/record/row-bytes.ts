import { cleanText, plain } from '@droplens/netfilter-log';

/*
 * Writing cells. Copies move four or eight bytes at a time and may write some bytes beyond what they copy, which the next cell overwrites; a loop over
 * single bytes costs three to five times as much. Eight bytes move as a floating-point number: exact but for a NaN, which takes a byte 0x7f or 0xff,
 * and neither printable nor valid UTF-8 text without DEL has one. Lengths come out of arithmetic, not of branches, wherever they differ from
 * row to row: a branch that the processor guesses wrong costs as much as copying thirty bytes.
 */

const tab = 0x09;
const zero = 0x30;
const encoder = new TextEncoder();

/** Decimal digits of 0..9999, four each with leading zeros, as the little-endian number that writes them. */
const fourDigits = Int32Array.from({ length: 10_000 }, (_, value) => {
  const text = String(value).padStart(4, '0');
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16) | (text.charCodeAt(3) << 24);
});

/** Clean text, ready to be copied: eight bytes a number, the last filled up with zeros. */
export interface Cells {
  readonly words: Float64Array;
  readonly length: number;
}

/** Makes clean text ready to be copied. */
export function cellsOf(text: string): Cells {
  const encoded = encoder.encode(text);
  const bytes = new Uint8Array((encoded.length + 7) & ~7);
  bytes.set(encoded);
  const view = viewOf(bytes);
  return {
    words: Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true)),
    length: encoded.length,
  };
}

/** A view for four-byte access to the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes a whole number ≥ 0 and a tab; returns the offset after them. Needs eight bytes of room more than it writes. */
export function writeNumber(out: DataView, at: number, value: number): number {
  if (value < 10_000) {
    // Each difference is negative, so that its highest bit is set, where there is one more digit.
    const more = ((9 - value) >>> 31) + ((99 - value) >>> 31) + ((999 - value) >>> 31);
    out.setInt32(at, fourDigits[value]! >>> (24 - 8 * more), true);
    out.setInt8(at + 1 + more, tab);
    return at + 2 + more;
  }
  if (value < 100_000) {
    const first = (value / 10_000) | 0;
    out.setInt8(at, zero + first);
    out.setInt32(at + 1, fourDigits[value - first * 10_000]!, true);
    out.setInt8(at + 5, tab);
    return at + 6;
  }
  const end = writeGroups(out, at, value);
  out.setInt8(end, tab);
  return end + 1;
}

/** Writes 0..9999 without leading zeros; returns the offset after it. */
function writeLeading(out: DataView, at: number, value: number): number {
  const digits = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
  out.setInt32(at, fourDigits[value]! >>> (32 - 8 * digits), true);
  return at + digits;
}

/** Writes 0..9999 as four digits. */
export function writeFourDigits(out: DataView, at: number, value: number): void {
  out.setInt32(at, fourDigits[value]!, true);
}

/** Writes a number of more than four digits, four at a time. No recursion, or the common case above could not be inlined. */
function writeGroups(out: DataView, at: number, value: number): number {
  let groups = 1;
  let scale = 10_000;
  while (value >= scale * 10_000) {
    scale *= 10_000;
    groups++;
  }
  let leading = Math.floor(value / scale);
  let p = writeLeading(out, at, leading);
  let rest = value - leading * scale;
  for (; groups > 0; groups--) {
    scale /= 10_000;
    leading = Math.floor(rest / scale);
    out.setInt32(p, fourDigits[leading]!, true);
    rest -= leading * scale;
    p += 4;
  }
  return p;
}

/** Writes 0..999 as three digits and a tab. */
export function writeThousandths(out: DataView, at: number, value: number): number {
  out.setInt32(at, (fourDigits[value]! >>> 8) | (tab << 24), true);
  return at + 4;
}

/** Copies a span known to be plain, behind which the source has at least three more bytes. */
export function copySpan(out: DataView, at: number, source: DataView, from: number, to: number): number {
  let p = at;
  let i = from;
  for (const last = to - 7; i < last; i += 8, p += 8) out.setFloat64(p, source.getFloat64(i, true), true);
  for (; i < to; i += 4, p += 4) out.setInt32(p, source.getInt32(i, true), true);
  return at + to - from;
}

/** Copies an IPv4 address, behind which the source has at least nine more bytes: sixteen bytes, whatever its length. */
export function copyIpv4(out: DataView, at: number, source: DataView, from: number, to: number): number {
  out.setInt32(at, source.getInt32(from, true), true);
  out.setInt32(at + 4, source.getInt32(from + 4, true), true);
  out.setInt32(at + 8, source.getInt32(from + 8, true), true);
  out.setInt32(at + 12, source.getInt32(from + 12, true), true);
  return at + to - from;
}

/** Copies cells that were made ready before. */
export function copyCells(out: DataView, at: number, cells: Cells): number {
  const { words, length } = cells;
  for (let i = 0; i < words.length; i++) out.setFloat64(at + 8 * i, words[i]!, true);
  return at + length;
}

/** Copies a span, escaped where it must be. */
export function writeSpan(out: DataView, at: number, source: DataView, from: number, to: number): number {
  let p = at;
  let i = from;
  for (const last = to - 3; i < last; i += 4, p += 4) {
    const four = source.getInt32(i, true);
    const notBackslash = four ^ 0x5c5c5c5c;
    // A byte ≥ 0x80 has its highest bit set, DEL gets it by adding, one < 0x20 by subtracting, and a backslash by becoming zero and borrowing.
    const suspect = four | (four + 0x01010101) | (four - 0x20202020) | ((notBackslash - 0x01010101) & ~notBackslash);
    if ((suspect & 0x80808080) !== 0) break;
    out.setInt32(p, four, true);
  }
  for (; i < to; i++) {
    const byte = source.getUint8(i);
    if (plain[byte] === 0) return writeEscaped(out, p, source, i, to);
    out.setInt8(p++, byte);
  }
  return p;
}

/** TabSeparated as ClickHouse reads it. Clean text has no control characters, so the backslash is all there is to escape. */
export function escapeCell(cleaned: string): string {
  return cleaned.includes('\\') ? cleaned.replaceAll('\\', '\\\\') : cleaned;
}

function writeEscaped(out: DataView, at: number, source: DataView, from: number, to: number): number {
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const target = new Uint8Array(out.buffer, out.byteOffset + at);
  return at + encoder.encodeInto(escapeCell(cleanText(bytes, from, to)), target).written;
}
