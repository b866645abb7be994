/** The five cells of a row before its addresses, as they were read once. */
export interface RowHead {
  /** Bytes of the cells with their tabs. */
  readonly length: number;
  readonly cells: DataView;
  readonly host: number;
  readonly prefix: number;
  readonly action: number;
  readonly inIface: number;
  readonly outIface: number;
}

const ways = 4;
const sets = 64;

/**
 * Host, prefix, action and interfaces come in few combinations: each is read once in a batch and then known by its bytes. Bounded: sets of
 * four by the first bytes, of which the oldest goes.
 */
export class RowHeads {
  readonly #heads: (RowHead | undefined)[] = Array.from({ length: sets * ways });
  #next = 0;

  clear(): void {
    this.#heads.fill(undefined);
  }

  /** The head that the row's text at `from` begins with. */
  find(text: DataView, from: number): RowHead | undefined {
    const set = setOf(text, from);
    for (let way = set; way < set + ways; way++) {
      const head = this.#heads[way];
      if (head === undefined) return undefined;
      if (begins(text, from, head)) return head;
    }
    return undefined;
  }

  /** Keeps what was read from the text in [from, to); `to` is behind the last tab. */
  keep(text: DataView, from: number, to: number, keys: Omit<RowHead, 'length' | 'cells'>): void {
    const set = setOf(text, from);
    const free = this.#heads.indexOf(undefined, set);
    this.#next = (this.#next + 1) % ways;
    const way = free >= 0 && free < set + ways ? free : set + this.#next;
    const copy = new Uint8Array(to - from);
    copy.set(new Uint8Array(text.buffer, text.byteOffset + from, to - from));
    this.#heads[way] = { length: to - from, cells: new DataView(copy.buffer), ...keys };
  }
}

/** By bytes that lie before the addresses in any row: no head is shorter than nine bytes. */
function setOf(text: DataView, from: number): number {
  if (from + 9 > text.byteLength) return 0;
  const hash = Math.imul(text.getInt32(from, true) ^ Math.imul(text.getInt32(from + 5, true), 0x01000193), 0x9e3779b1);
  return ((hash >>> 16) % sets) * ways;
}

function begins(text: DataView, from: number, { length, cells }: RowHead): boolean {
  if (from + length > text.byteLength) return false;
  let i = 0;
  for (const last = length - 3; i < last; i += 4) if (text.getInt32(from + i, true) !== cells.getInt32(i, true)) return false;
  for (; i < length; i++) if (text.getUint8(from + i) !== cells.getUint8(i)) return false;
  return true;
}
