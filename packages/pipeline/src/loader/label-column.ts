const none = 0;

/**
 * A column of texts of which few are different (hosts, prefixes, interfaces): each text once, and its key for every row. This is what
 * ClickHouse calls LowCardinality; key 0 is the empty text.
 */
export class LabelColumn {
  /** The rows' keys; the caller writes them. */
  keys = new Uint32Array(0);
  #texts = new Uint8Array(4096);
  /** Where the text of each key ends; it begins where the one before ends. */
  #ends = new Uint32Array(256);
  #hashes = new Int32Array(256);
  #count = 1;
  /** Open addressing: key by hash, `none` where free. */
  #slots = new Uint32Array(1024);

  /** Different texts so far, with the empty one. */
  get size(): number {
    return this.#count;
  }

  /** Forgets all texts. */
  clear(): void {
    this.#count = 1;
    this.#slots.fill(none);
  }

  /** Makes room for the keys of `rows` rows. */
  reserve(rows: number): void {
    if (rows > this.keys.length) this.keys = grown(this.keys, rows);
  }

  /** The key of the text in bytes[from, to). `hash` is any 32-bit hash of those bytes, the same for the same bytes. */
  keyOf(bytes: Uint8Array, from: number, to: number, hash: number): number {
    if (from === to) return 0;
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const key = this.#slots[slot] as number;
      if (key === none) return this.#add(slot, bytes, from, to, hash);
      if (this.#hashes[key] === hash && this.#is(key, bytes, from, to)) return key;
      slot = (slot + 1) & mask;
    }
  }

  /** The bytes of a key's text. */
  textOf(key: number): Uint8Array {
    return this.#texts.subarray(key === 0 ? 0 : this.#ends[key - 1], this.#ends[key]);
  }

  #is(key: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#ends[key - 1] as number;
    if ((this.#ends[key] as number) - start !== to - from) return false;
    const texts = this.#texts;
    for (let i = from, j = start; i < to; i++, j++) {
      if (bytes[i] !== texts[j]) return false;
    }
    return true;
  }

  #add(slot: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    const key = this.#count;
    if (key === this.#ends.length) {
      this.#ends = grown(this.#ends, key * 2);
      this.#hashes = grown(this.#hashes, key * 2);
    }
    const start = this.#ends[key - 1] as number;
    const end = start + to - from;
    if (end > this.#texts.length) this.#texts = grown(this.#texts, end * 2);
    this.#texts.set(bytes.subarray(from, to), start);
    this.#ends[key] = end;
    this.#hashes[key] = hash;
    this.#count = key + 1;
    this.#slots[slot] = key;
    if (key * 2 > this.#slots.length) this.#spread();
    return key;
  }

  #spread(): void {
    const slots = new Uint32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let key = 1; key < this.#count; key++) {
      const hash = this.#hashes[key] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== none) slot = (slot + 1) & mask;
      slots[slot] = key;
    }
    this.#slots = slots;
  }
}

/** A copy with room for at least `length` elements; the new ones are 0. */
export function grown<Numbers extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  numbers: Numbers,
  length: number,
): Numbers {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(Math.max(length, numbers.length * 2));
  larger.set(numbers);
  return larger;
}
