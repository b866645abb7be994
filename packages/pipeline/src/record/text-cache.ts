import { cleanText } from '@droplens/netfilter-log';
import { type Cells, cellsOf } from './row-bytes.ts';

/** A text that came in a line before, as it goes into a row. */
interface CachedText {
  readonly hash: number;
  readonly source: DataView;
  readonly sourceLength: number;
  /** What `finish` made of it, TabSeparated. */
  readonly cells: Cells;
}

const slots = 512;

/** Hosts and prefixes repeat in every line: each is decoded, cleaned, judged and escaped once, then found by its bytes. Bounded: a slot each by hash. */
export class TextCache {
  readonly #slots: (CachedText | undefined)[] = Array.from({ length: slots });
  readonly #finish: (text: string) => string;

  /** `finish` turns a clean text into the cells that it fills, escaped, each ended by a tab. */
  constructor(finish: (text: string) => string) {
    this.#finish = finish;
  }

  /** The cells for the text in [from, to) of `bytes`, which `view` shows four bytes at a time and which go on for three more bytes. */
  find(bytes: Uint8Array, view: DataView, from: number, to: number): Cells {
    const length = to - from;
    let hash = length;
    for (let p = from; p < to; p += 4) hash = (Math.imul(hash, 0x01000193) + (view.getInt32(p, true) & tailMask(to - p))) | 0;
    const slot = (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (slots - 1);
    const known = this.#slots[slot];
    if (known !== undefined && known.hash === hash && isSame(known, view, from, to)) return known.cells;
    const text = {
      hash,
      source: padded(bytes.slice(from, to)),
      sourceLength: length,
      cells: cellsOf(this.#finish(cleanText(bytes, from, to))),
    };
    this.#slots[slot] = text;
    return text.cells;
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

/** A view of a copy with three zero bytes behind it. */
function padded(bytes: Uint8Array): DataView {
  const copy = new Uint8Array(bytes.length + 3);
  copy.set(bytes);
  return new DataView(copy.buffer);
}
