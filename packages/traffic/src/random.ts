/**
 * A seeded source of numbers that is the same on every machine: integer arithmetic and the four basic operations only.
 * (`Math.log`, `pow` and `sin` may differ in the last bit between engines, and one bit changes everything after it.)
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same seed and path give the same numbers; different paths give unrelated ones. */
  constructor(seed: number, ...path: readonly (string | number)[]) {
    this.#a = hashOf(seed, 0x9e3779b9, path);
    this.#b = hashOf(seed, 0x85ebca6b, path);
    this.#c = hashOf(seed, 0xc2b2ae35, path);
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  /** An integer in [0, 2³²): the generator sfc32 of PractRand. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.uint32() / 4_294_967_296;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of the list, each as likely; the list must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Exponentially distributed with mean 1, by von Neumann's comparison of uniform numbers: no logarithm. */
  exponential(): number {
    for (let whole = 0; ; whole += 1) {
      const first = this.unit();
      let smallest = first;
      let run = 1;
      for (let next = this.unit(); next < smallest; next = this.unit()) {
        smallest = next;
        run += 1;
      }
      if (run % 2 === 1) return whole + first;
    }
  }

  /** An integer in [low, high] where half as many exceed twice the value: many small ones, a few very large. */
  heavyTailed(low: number, high: number): number {
    return Math.min(high, Math.floor(low / (1 - this.unit())));
  }
}

/** 32 bits that depend on every part; FNV-1a over the text, mixed as in murmur3. */
function hashOf(seed: number, salt: number, path: readonly (string | number)[]): number {
  let hash = Math.imul(seed ^ salt, 0x01000193) ^ salt;
  for (const part of path) {
    const text = String(part);
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ 0x2f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) | 0;
}

/** Draws ranks 0 … size−1, rank r with weight 1/(r+1): Zipf's law with exponent 1, in constant time (Walker's alias method). */
export class Zipf {
  readonly #threshold: Float64Array;
  readonly #alias: Uint32Array;

  constructor(size: number) {
    let total = 0;
    for (let rank = 1; rank <= size; rank += 1) total += 1 / rank;
    this.#threshold = new Float64Array(size);
    this.#alias = new Uint32Array(size);
    const small: number[] = [];
    const large: number[] = [];
    for (let rank = 0; rank < size; rank += 1) {
      const scaled = size / (rank + 1) / total;
      this.#threshold[rank] = scaled;
      (scaled < 1 ? small : large).push(rank);
    }
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.at(-1)!;
      this.#alias[less] = more;
      const left = this.#threshold[more]! - (1 - this.#threshold[less]!);
      this.#threshold[more] = left;
      if (left < 1) small.push(large.pop()!);
    }
    for (const rank of small.concat(large)) this.#threshold[rank] = 1;
  }

  /** A rank; 0 is the most frequent. */
  draw(random: Random): number {
    const column = random.below(this.#threshold.length);
    return random.unit() < this.#threshold[column]! ? column : this.#alias[column]!;
  }
}
