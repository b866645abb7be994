import { cleanText } from '@droplens/netfilter-log';

/** A text that came in a line before, as it goes into a row. */
export interface CachedText {
  readonly source: Uint8Array;
  /** TabSeparated, with what `finish` appended. */
  readonly cell: Uint8Array;
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

  /** The cells for the text in [from, to). */
  find(bytes: Uint8Array, from: number, to: number): Uint8Array {
    let hash = to - from;
    for (let p = from; p < to; p++) hash = (Math.imul(hash, 31) + bytes[p]!) | 0;
    const slot = (hash ^ (hash >>> 9)) & (slots - 1);
    const known = this.#slots[slot];
    if (known !== undefined && isSame(known.source, bytes, from, to)) return known.cell;
    const cell = encoder.encode(this.#finish(cleanText(bytes, from, to)));
    this.#slots[slot] = { source: bytes.slice(from, to), cell };
    return cell;
  }
}

function isSame(source: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (source.length !== length) return false;
  for (let i = 0; i < length; i++) if (source[i] !== bytes[from + i]) return false;
  return true;
}

/** TabSeparated as ClickHouse reads it. Clean text has no control characters, so the backslash is all there is to escape. */
export function escapeCell(cleaned: string): string {
  return cleaned.includes('\\') ? cleaned.replaceAll('\\', '\\\\') : cleaned;
}
