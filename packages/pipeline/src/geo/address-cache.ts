/** Sets of four places: an address may stand in any place of its set, so four that collide live together. */
const ways = 4;
/** A place: key length, value length, value, key (an IPv6 address has at most 45 characters). */
const placeBytes = 72;
const valueAt = 2;
const keyAt = 26;
const longestKey = placeBytes - keyAt;

/**
 * A bounded cache from the text of an address, as bytes in a row, to some bytes. No allocation on a hit; when a set is full its oldest place is
 * taken. The default size, 9.5 MiB, holds a busy day's sources.
 */
export class AddressCache {
  readonly #resolve: (address: string) => string | null;
  readonly #mask: number;
  readonly #hashes: Int32Array;
  readonly #places: Uint8Array;
  readonly #view: DataView;
  readonly #oldest: Uint8Array;

  /** `resolve` answers at most 22 bytes, a latin1 character each, or null for what is no address. `places`: a power of two. */
  constructor(resolve: (address: string) => string | null, places = 131_072) {
    this.#resolve = resolve;
    this.#mask = places - ways;
    this.#hashes = new Int32Array(places);
    this.#places = new Uint8Array(places * placeBytes);
    this.#view = new DataView(this.#places.buffer);
    this.#oldest = new Uint8Array(places / ways);
  }

  /** Forgets everything. */
  clear(): void {
    this.#hashes.fill(0);
    this.#places.fill(0);
  }

  /**
   * Writes the value of the address in bytes[from, to) to `out` at `offset` and returns the offset behind it; −1 when it is no address.
   * Up to three bytes behind it are overwritten, too. `hash` is any 32-bit hash of those bytes, the same for the same bytes.
   */
  copy(bytes: Uint8Array, from: number, to: number, hash: number, out: DataView, offset: number): number {
    const hashes = this.#hashes;
    const set = (Math.imul(hash, 0x9e3779b1) >>> 8) & this.#mask;
    let place = set;
    if (hashes[place] !== hash || !this.#holds(place, bytes, from, to)) {
      place = this.#look(set, bytes, from, to, hash);
      if (place < 0) return -1;
    }
    const at = place * placeBytes;
    const length = this.#places[at + 1] as number;
    const view = this.#view;
    for (let i = 0; i < length; i += 4) out.setInt32(offset + i, view.getInt32(at + valueAt + i, true), true);
    return offset + length;
  }

  #look(set: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    for (let place = set + 1; place < set + ways; place++) {
      if (this.#hashes[place] === hash && this.#holds(place, bytes, from, to)) return place;
    }
    return this.#add(set, bytes, from, to, hash);
  }

  #holds(place: number, bytes: Uint8Array, from: number, to: number): boolean {
    const places = this.#places;
    const at = place * placeBytes;
    // An empty place holds the empty text, which is no address.
    if (places[at] !== to - from || to === from) return false;
    const offset = at + keyAt - from;
    for (let i = from; i < to; i++) {
      if (places[offset + i] !== bytes[i]) return false;
    }
    return true;
  }

  #add(set: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from;
    if (length > longestKey) return -1;
    const value = this.#resolve(Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1'));
    if (value === null) return -1;
    const turn = set / ways;
    const way = this.#oldest[turn] as number;
    this.#oldest[turn] = (way + 1) % ways;
    const place = set + way;
    const at = place * placeBytes;
    this.#hashes[place] = hash;
    this.#places[at] = length;
    this.#places[at + 1] = value.length;
    for (let i = 0; i < value.length; i++) this.#places[at + valueAt + i] = value.charCodeAt(i);
    this.#places.set(bytes.subarray(from, to), at + keyAt);
    return place;
  }
}
