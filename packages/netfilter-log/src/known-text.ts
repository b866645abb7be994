/** A text that came before, and what it means to whoever remembered it. */
export class KnownText<Meaning> {
  /** Among the texts of the same memory; a text that took another's place has its number. */
  readonly number: number;
  readonly length: number;
  readonly meaning: Meaning;
  /** All whole eight bytes, then the last eight. */
  readonly words: Float64Array;

  constructor(number: number, view: DataView, from: number, to: number, meaning: Meaning) {
    this.number = number;
    this.length = to - from;
    this.meaning = meaning;
    this.words = Float64Array.from({ length: (this.length >>> 3) + 1 }, (_, i) =>
      view.getFloat64(Math.min(from + 8 * i, to - 8), true),
    );
  }
}

const buckets = 64;
const ways = 4;
/** A text is remembered when it comes the second time: one that comes once would only push out another. */
const unseen = 0;

/**
 * Remembers texts at the beginning of lines, so that what they say need not be read again: a host, a rule's prefix with its interfaces. Bounded: 256 texts.
 * Texts are compared eight bytes at a time, as floating-point numbers, the only eight bytes that JavaScript compares without allocating. Equal numbers are
 * equal bytes as long as none is zero or no number, and eight printable characters are never either; only such texts are remembered.
 */
export class KnownTexts<Meaning> {
  readonly #texts: (KnownText<Meaning> | undefined)[] = Array.from({ length: buckets * ways });
  readonly #hashes = new Int32Array(buckets);
  readonly #next = new Uint8Array(buckets);

  /** The known text at `at`, of which at least `room` bytes may be read. */
  find(view: DataView, at: number, room: number): KnownText<Meaning> | null {
    if (room < 8) return null;
    const first = bucketOf(view, at) * ways;
    for (let i = first; i < first + ways; i++) {
      const text = this.#texts[i];
      if (text === undefined) return null;
      if (text.length <= room && isAt(text.words, text.length, view, at)) return text;
    }
    return null;
  }

  /** Remembers the text in [from, to), unless it is shorter than eight bytes, not printable, or comes the first time. */
  learn(bytes: Uint8Array, view: DataView, from: number, to: number, meaning: Meaning): void {
    if (to - from < 8) return;
    let hash = to - from;
    for (let p = from; p < to; p++) {
      const byte = bytes[p]!;
      if (byte < 0x20 || byte > 0x7e) return;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const bucket = bucketOf(view, from);
    if (this.#hashes[bucket] !== hash) {
      this.#hashes[bucket] = hash;
      return;
    }
    this.#hashes[bucket] = unseen;
    const way = this.#next[bucket]!;
    this.#next[bucket] = (way + 1) % ways;
    const number = bucket * ways + way;
    this.#texts[number] = new KnownText(number, view, from, to, meaning);
  }
}

function bucketOf(view: DataView, at: number): number {
  const mixed = Math.imul(view.getInt32(at, true) ^ Math.imul(view.getInt32(at + 4, true), 0x2c1b3c6d), 0x297a2d39);
  return mixed >>> 26;
}

function isAt(words: Float64Array, length: number, view: DataView, at: number): boolean {
  const last = length >>> 3;
  for (let i = 0; i < last; i++) if (words[i] !== view.getFloat64(at + 8 * i, true)) return false;
  return words[last] === view.getFloat64(at + length - 8, true);
}
