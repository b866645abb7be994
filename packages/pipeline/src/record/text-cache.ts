import { cleanText } from '@droplens/netfilter-log';

/** A text that came in a line before, as it goes into a row. */
export interface CachedText {
  readonly hash: number;
  readonly source: DataView;
  readonly sourceLength: number;
  /** What `finish` made of it, TabSeparated; three more bytes follow, so that it can be copied four at a time. */
  readonly cells: DataView;
  readonly length: number;
}

const slots = 512;
const encoder = new TextEncoder();

/** Hosts and prefixes repeat in every line: each is decoded, cleaned, judged and escaped once, then found by its bytes. Bounded: a slot each by hash. */
export class TextCache {
  readonly #slots: (CachedText | undefined)[] = Array.from({ length: slots });
  readonly #finish: (text: string) => string;

  /** `finish` turns a clean text into the cells that it fills, escaped, each ended by a tab. */
  constructor(finish: (text: string) => string) {
    this.#finish = finish;
  }

  /** The cells for the text in [from, to) of `bytes`, which `view` shows four bytes at a time and which go on for three more bytes. */
  find(bytes: Uint8Array, view: DataView, from: number, to: number): CachedText {
    const length = to - from;
    let hash = length;
    for (let p = from; p < to; p += 4) hash = (Math.imul(hash, 0x01000193) + (view.getInt32(p, true) & tailMask(to - p))) | 0;
    const slot = (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (slots - 1);
    const known = this.#slots[slot];
    if (known !== undefined && known.hash === hash && isSame(known, view, from, to)) return known;
    const text = cachedText(this.#finish(cleanText(bytes, from, to)), hash, bytes.slice(from, to));
    this.#slots[slot] = text;
    return text;
  }
}

/** Keeps the bytes of a little-endian word that still belong to a text of which `left` bytes are left. */
function tailMask(left: number): number {
  return left >= 4 ? -1 : left === 3 ? 0xffffff : left === 2 ? 0xffff : 0xff;
}

function isSame(known: CachedText, view: DataView, from: number, to: number): boolean {
  if (known.sourceLength !== to - from) return false;
  const source = known.source;
  for (let p = from; p < to; p += 4) {
    if (source.getInt32(p - from, true) !== (view.getInt32(p, true) & tailMask(to - p))) return false;
  }
  return true;
}

/** Makes cells ready to be copied. */
export function cachedText(cells: string, hash = 0, source: Uint8Array = new Uint8Array()): CachedText {
  const encoded = encoder.encode(cells);
  return { hash, source: padded(source), sourceLength: source.length, cells: padded(encoded), length: encoded.length };
}

/** A view of a copy with three zero bytes behind it. */
function padded(bytes: Uint8Array): DataView {
  const copy = new Uint8Array(bytes.length + 3);
  copy.set(bytes);
  return new DataView(copy.buffer);
}

/** TabSeparated as ClickHouse reads it. Clean text has no control characters, so the backslash is all there is to escape. */
export function escapeCell(cleaned: string): string {
  return cleaned.includes('\\') ? cleaned.replaceAll('\\', '\\\\') : cleaned;
}
