import type { DeadRow, RowBlock } from '@droplens/transport';
import type { AddressCache } from '../geo/address-cache.ts';

/**
 * Why a row cannot be loaded; a closed list: too few or too many columns; no position, or one outside its block or before the row above it; and so
 * on through the columns; `escape`: a backslash that would swallow a column's end or make a NULL; `refused`: by the database.
 */
export const deadReasons = ['columns', 'position', 'time', 'action', 'address', 'number', 'escape', 'refused'] as const;
export type DeadReason = (typeof deadReasons)[number];

/**
 * The integer columns in their order, each with the greatest value its column in ClickHouse holds: a larger one would wrap silently
 * (70000 in a UInt16 is stored as 4464).
 */
const integerLimits = Float64Array.of(0xffff, 0xffff, 0xffff_ffff, 0xff, 0xffff, 0xff, 0xffff, 0xff, 0xff);
/** The shortest row there can be, for the room the added columns need: `1 1795132800.000  deny   :: ::  0 …`. */
const shortestRow = 48;
const longestSuffix = 16;

const tab = 9;
const newline = 10;
const backslash = 92;
const actions = ['deny', 'unknown', 'allow', 'audit'].map((action) => Buffer.from(action));

/**
 * The rows of a batch as the database takes them: what remains of the blocks, each row with `\tcountry\tasn` behind it. Rows are checked on the way,
 * since the database would take some wrong values and refuse the whole batch for others. The buffer is used again for the next batch.
 */
export class BatchRows {
  readonly #sources: AddressCache;
  readonly #destinations: AddressCache;
  #out = new Uint8Array(1024 * 1024);
  #length = 0;
  #rows = 0;
  #cut = 0;
  /** Where the next backslash of the text in hand is: most rows have none, and so cost no look. */
  #backslash = 0;
  #dead: (DeadRow & { reason: DeadReason })[] = [];

  /** `sources` answers `\tcountry\tasn`, `destinations` the empty text; both null for what is no address. */
  constructor(sources: AddressCache, destinations: AddressCache) {
    this.#sources = sources;
    this.#destinations = destinations;
  }

  /** The rows so far; valid until `clear`. */
  get bytes(): Uint8Array {
    return this.#out.subarray(0, this.#length);
  }
  get rows(): number {
    return this.#rows;
  }
  /** Rows left out because they are loaded already. */
  get cut(): number {
    return this.#cut;
  }
  /** Rows left out because they cannot be loaded. */
  get dead(): readonly (DeadRow & { reason: DeadReason })[] {
    return this.#dead;
  }

  clear(): void {
    this.#length = this.#rows = this.#cut = 0;
    this.#dead = [];
  }

  /** Adds the rows of `block` that lie in `gaps` (first, last, first, last …, ascending); returns how many went into each gap. */
  add(block: RowBlock, gaps: readonly number[]): number[] {
    const text = block.text;
    const end = text.lastIndexOf(newline) + 1;
    const counts = Array.from({ length: gaps.length / 2 }, () => 0);
    // The whole text is copied at once, so far back that rows moved forward one by one never reach what is still to be moved.
    const shift = this.#reserve(end);
    this.#out.set(text.subarray(0, end), shift);
    this.#backslash = indexOrEnd(text, backslash, 0);
    let gap = 0;
    let previous = block.first;
    let from = 0;
    while (from < end) {
      const position = positionAt(text, from);
      if (!(position >= previous && position <= block.last)) {
        from = this.#bury(block, from, null, 'position');
        continue;
      }
      previous = position;
      while (gap < gaps.length && (gaps[gap + 1] as number) < position) gap += 2;
      if (gap >= gaps.length || position < (gaps[gap] as number)) {
        this.#cut += 1;
        from = text.indexOf(newline, from) + 1;
        continue;
      }
      const next = this.#take(text, from, shift);
      if (next < 0) {
        from = this.#bury(block, from, position, deadReasons[-next - 1] as DeadReason);
        continue;
      }
      from = next;
      counts[gap / 2] = (counts[gap / 2] as number) + 1;
      this.#rows += 1;
    }
    if (from < text.length) this.#bury(block, from, null, 'columns');
    return counts;
  }

  /**
   * Checks the row at `from` and moves it, with its new columns, behind the rows before; returns where the next one begins, or −1 − the index of
   * what is wrong. One pass over the bytes, columns in their order; every loop ends at the row's newline at the latest.
   */
  #take(text: Uint8Array, from: number, shift: number): number {
    // position: seen by the caller
    let i = from;
    while (text[i] !== tab) i += 1;
    i += 1;

    // time: ten digits, a point, three digits
    if (text[i] === 48 || text[i + 10] !== 46 || text[i + 14] !== tab) return faults.time;
    for (let n = 0; n < 14; n++) {
      const byte = text[i + n] as number;
      if ((byte < 48 || byte > 57) && n !== 10) return faults.time;
    }
    i += 15;

    // host, prefix, action, in_iface, out_iface
    let byte = 0;
    for (let column = 0; column < 5; column++) {
      const start = i;
      byte = text[i] as number;
      while (byte !== tab) {
        if (byte === newline) return faults.columns;
        byte = text[++i] as number;
      }
      if (column === 2 && !isAction(text, start, i)) return faults.action;
      i += 1;
    }

    // src, dst
    const source = i;
    let sourceHash = 0;
    byte = text[i] as number;
    while (byte > newline) {
      sourceHash = (Math.imul(sourceHash, 31) + byte) | 0;
      byte = text[++i] as number;
    }
    if (byte !== tab) return byte === newline ? faults.columns : faults.address;
    const sourceEnd = i;
    i += 1;
    const destination = i;
    let hash = 0;
    byte = text[i] as number;
    while (byte > newline) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      byte = text[++i] as number;
    }
    if (byte !== tab) return byte === newline ? faults.columns : faults.address;
    if (this.#destinations.copy(text, destination, i, hash, this.#out, 0) < 0) return faults.address;
    i += 1;

    // proto
    byte = text[i] as number;
    while (byte !== tab) {
      if (byte === newline) return faults.columns;
      byte = text[++i] as number;
    }
    i += 1;

    // src_port … icmp_code
    for (let column = 0; column < integerLimits.length; column++) {
      let value = 0;
      const start = i;
      byte = text[i] as number;
      while (byte >= 48 && byte <= 57) {
        value = value * 10 + byte - 48;
        byte = text[++i] as number;
      }
      if (byte !== tab) return byte === newline ? faults.columns : faults.number;
      if (i === start || value > (integerLimits[column] as number)) return faults.number;
      i += 1;
    }

    // extra
    const end = text.indexOf(newline, i);
    const further = text.indexOf(tab, i);
    if (further >= 0 && further < end) return faults.columns;
    if (this.#backslash < from) this.#backslash = indexOrEnd(text, backslash, from);
    if (this.#backslash < end && swallows(text, this.#backslash, end)) return faults.escape;

    // country, asn; only after the row has moved, since they may reach into where it stood
    const out = this.#out;
    out.copyWithin(this.#length, shift + from, shift + end);
    const to = this.#sources.copy(text, source, sourceEnd, sourceHash, out, this.#length + end - from);
    if (to < 0) return faults.address;
    out[to] = newline;
    this.#length = to + 1;
    return end + 1;
  }

  /** Puts the row at `from` aside; returns where the next one begins. */
  #bury({ stream, epoch, text }: RowBlock, from: number, position: number | null, reason: DeadReason): number {
    const end = text.indexOf(newline, from);
    const to = end < 0 ? text.length : end;
    this.#dead.push({ stream, epoch, position, reason, row: text.slice(from, to) });
    return to + 1;
  }

  /** Makes room for a text of `bytes` and its added columns; returns where the text may stand until its rows are taken. */
  #reserve(bytes: number): number {
    const shift = this.#length + (Math.ceil(bytes / shortestRow) + 1) * longestSuffix;
    if (shift + bytes > this.#out.length) {
      const larger = new Uint8Array(Math.max(shift + bytes, this.#out.length * 2));
      larger.set(this.#out.subarray(0, this.#length));
      this.#out = larger;
    }
    return shift;
  }
}

/** What `#take` returns for each reason. */
const faults = Object.fromEntries(deadReasons.map((reason, i) => [reason, -1 - i])) as Record<DeadReason, number>;

/** The position a row begins with; NaN when it begins otherwise. */
function positionAt(text: Uint8Array, from: number): number {
  let value = 0;
  let i = from;
  let byte = text[i] as number;
  while (byte >= 48 && byte <= 57) {
    value = value * 10 + byte - 48;
    byte = text[++i] as number;
  }
  return byte === tab && i > from && i - from <= 16 ? value : Number.NaN;
}

function isAction(text: Uint8Array, from: number, to: number): boolean {
  for (const action of actions) {
    let i = action.length === to - from ? 0 : action.length + 1;
    while (i < action.length && action[i] === text[from + i]) i += 1;
    if (i === action.length) return true;
  }
  return false;
}

function indexOrEnd(text: Uint8Array, byte: number, from: number): number {
  const index = text.indexOf(byte, from);
  return index < 0 ? text.length : index;
}

/** True when an escape in [from, end), where a backslash stands at `from`, would swallow a tab or the newline, or read as NULL. */
function swallows(text: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i >= 0 && i < end; i = text.indexOf(backslash, i + 2)) {
    const escaped = text[i + 1];
    if (escaped === tab || escaped === newline || escaped === 78) return true;
  }
  return false;
}
