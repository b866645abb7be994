/** Sets of four places: an address may stand in any place of its set, so four that collide live together. */
const ways = 4;
/** Longest text of an IPv6 address. */
const keyBytes = 48;
const valueBytes = 16;

/**
 * A bounded cache from the text of an address, as bytes in a row, to a short text. No allocation on a hit; when a set is full its oldest place is
 * taken. What it costs is in `test/bench`.
 */
export class AddressCache {
  readonly #resolve: (address: string) => string | null;
  readonly #mask: number;
  readonly #hashes: Int32Array;
  readonly #keyLengths: Uint8Array;
  readonly #keys: Uint8Array;
  readonly #valueLengths: Uint8Array;
  readonly #values: Uint8Array;
  readonly #oldest: Uint8Array;

  /** `resolve` answers at most 16 ASCII characters, or null for what is no address. `places`: a power of two. */
  constructor(resolve: (address: string) => string | null, places = 131_072) {
    this.#resolve = resolve;
    this.#mask = places - 1;
    this.#hashes = new Int32Array(places);
    this.#keyLengths = new Uint8Array(places);
    this.#keys = new Uint8Array(places * keyBytes);
    this.#valueLengths = new Uint8Array(places);
    this.#values = new Uint8Array(places * valueBytes);
    this.#oldest = new Uint8Array(places / ways);
  }

  /** Forgets everything. */
  clear(): void {
    this.#keyLengths.fill(0);
  }

  /**
   * Writes the value of the address in bytes[from, to) to `out` at `offset` and returns the offset behind it; −1 when it is no address.
   * `hash` is any 32-bit hash of those bytes, the same for the same bytes.
   */
  copy(bytes: Uint8Array, from: number, to: number, hash: number, out: Uint8Array, offset: number): number {
    const set = (Math.imul(hash, 0x9e3779b1) >>> 8) & this.#mask & -ways;
    const length = to - from;
    for (let place = set; place < set + ways; place++) {
      if (this.#hashes[place] === hash && this.#keyLengths[place] === length && this.#same(place, bytes, from, length)) {
        return this.#write(place, out, offset);
      }
    }
    const place = this.#add(set, bytes, from, length, hash);
    return place < 0 ? -1 : this.#write(place, out, offset);
  }

  #same(place: number, bytes: Uint8Array, from: number, length: number): boolean {
    const keys = this.#keys;
    const start = place * keyBytes;
    for (let i = 0; i < length; i++) {
      if (keys[start + i] !== bytes[from + i]) return false;
    }
    return true;
  }

  #write(place: number, out: Uint8Array, offset: number): number {
    const values = this.#values;
    const start = place * valueBytes;
    const length = this.#valueLengths[place] as number;
    for (let i = 0; i < length; i++) out[offset + i] = values[start + i] as number;
    return offset + length;
  }

  #add(set: number, bytes: Uint8Array, from: number, length: number, hash: number): number {
    if (length > keyBytes) return -1;
    const value = this.#resolve(Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1'));
    if (value === null) return -1;
    const turn = set / ways;
    const place = set + (this.#oldest[turn] as number);
    this.#oldest[turn] = ((this.#oldest[turn] as number) + 1) % ways;
    this.#hashes[place] = hash;
    this.#keyLengths[place] = length;
    this.#keys.set(bytes.subarray(from, from + length), place * keyBytes);
    this.#valueLengths[place] = value.length;
    for (let i = 0; i < value.length; i++) this.#values[place * valueBytes + i] = value.charCodeAt(i);
    return place;
  }
}
