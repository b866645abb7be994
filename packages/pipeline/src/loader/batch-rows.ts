import type { DeadRow, RowBlock } from '@droplens/transport';
import type { AddressCache } from '../geo/address-cache.ts';
import { actionNames, BatchColumns, integerColumns, writeVarint } from './batch-columns.ts';
import type { LabelColumn } from './label-column.ts';
import { RowHeads } from './row-heads.ts';
import { sourceValue } from './source-value.ts';
import { unescaped } from './text-escape.ts';

/**
 * Why a row cannot be loaded; a closed list: too few or too many columns; no position, or one outside its block or before the row above it; and so
 * on through the columns; `escape`: a backslash that would swallow a column's end or make a NULL; `refused`: by the database.
 */
export const deadReasons = ['columns', 'position', 'time', 'action', 'address', 'number', 'escape', 'refused'] as const;
export type DeadReason = (typeof deadReasons)[number];

const limits = Float64Array.from(integerColumns, ([, type]) => ({ UInt8: 0xff, UInt16: 0xffff, UInt32: 0xffff_ffff })[type]);
/** The shortest row there can be, for the room that rows need: `1 1795132800.000  deny   :: ::  0 …`. */
const shortestRow = 48;

const tab = 9;
const newline = 10;
const backslash = 92;
const actions = actionNames.map((action) => Buffer.from(action));

/**
 * What remains of the blocks of a batch, as columns: each row checked, its numbers and addresses read, country and AS number added. The database
 * would take some wrong values and refuse the whole batch for others. Memory is used again for the next batch.
 */
export class BatchRows {
  readonly #sources: AddressCache;
  readonly #destinations: AddressCache;
  readonly #columns = new BatchColumns();
  readonly #heads = new RowHeads();
  #cut = 0;
  /** Where the next backslash of the text in hand is: most rows have none, and so cost no look. */
  #backslash = 0;
  #dead: (DeadRow & { reason: DeadReason })[] = [];
  /** Where each row's text is, for `text`. */
  #starts = new Uint32Array(0);
  #texts: { readonly text: Uint8Array; readonly from: number }[] = [];
  /** Key of each country by its two letters. */
  readonly #countries = new Uint16Array(0x1_0000);

  /** `sources` answers what `sourceBytes` does, `destinations` the address alone; both null for what is no address. */
  constructor(sources: AddressCache, destinations: AddressCache) {
    this.#sources = sources;
    this.#destinations = destinations;
  }

  get rows(): number {
    return this.#columns.rows;
  }
  /** Rows left out because they are loaded already. */
  get cut(): number {
    return this.#cut;
  }
  /** Rows left out because they cannot be loaded. */
  get dead(): readonly (DeadRow & { reason: DeadReason })[] {
    return this.#dead;
  }

  /** The rows as one block of Native; valid until the next call of it. */
  native(): Uint8Array {
    return this.#columns.block();
  }

  /** The same rows as text, each as it came with `\tcountry\tasn` behind it. The blocks that were added must still be as they were. */
  text(): Uint8Array {
    const { asn, country } = this.#columns;
    const pieces: Uint8Array[] = [];
    let block = 0;
    for (let row = 0; row < this.rows; row++) {
      while (block + 1 < this.#texts.length && (this.#texts[block + 1] as { from: number }).from <= row) block += 1;
      const { text } = this.#texts[block] as { text: Uint8Array };
      const start = this.#starts[row] as number;
      const code = Buffer.from(country.textOf(country.keys[row] as number)).toString('latin1');
      pieces.push(text.subarray(start, text.indexOf(newline, start)), Buffer.from(`\t${code}\t${asn[row]}\n`, 'latin1'));
    }
    return Buffer.concat(pieces);
  }

  clear(): void {
    this.#columns.clear();
    this.#heads.clear();
    this.#countries.fill(0);
    this.#texts = [];
    this.#cut = 0;
    this.#dead = [];
  }

  /** Adds the rows of `block` that lie in `gaps` (first, last, first, last …, ascending); returns how many went into each gap. */
  add(block: RowBlock, gaps: readonly number[]): number[] {
    const columns = this.#columns;
    const text = new Uint8Array(block.text.buffer, block.text.byteOffset, block.text.byteLength);
    const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    const end = text.lastIndexOf(newline) + 1;
    const counts = Array.from({ length: gaps.length / 2 }, () => 0);
    const most = Math.ceil(end / shortestRow);
    columns.reserve(most, end);
    if (columns.position.length > this.#starts.length) {
      const starts = new Uint32Array(columns.position.length);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    this.#texts.push({ text, from: columns.rows });
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
      const next = this.#take(text, view, from);
      if (next < 0) {
        from = this.#bury(block, from, position, deadReasons[-next - 1] as DeadReason);
        continue;
      }
      columns.position[columns.rows] = position;
      this.#starts[columns.rows] = from;
      columns.rows += 1;
      from = next;
      counts[gap / 2] = (counts[gap / 2] as number) + 1;
    }
    if (from < text.length) this.#bury(block, from, null, 'columns');
    return counts;
  }

  /**
   * Checks the row at `from` and reads it into the columns; returns where the next one begins, or −1 − the index of what is wrong. One pass
   * over the bytes, columns in their order; every loop ends at the row's newline at the latest.
   */
  #take(text: Uint8Array, view: DataView, from: number): number {
    const columns = this.#columns;
    const row = columns.rows;
    // position: seen by the caller
    let i = from;
    while (text[i] !== tab) i += 1;
    i += 1;

    // time: ten digits, a point, three digits
    if (text[i] === 48 || text[i + 10] !== 46 || text[i + 14] !== tab) return faults.time;
    let time = 0;
    for (let n = 0; n < 14; n++) {
      const byte = text[i + n] as number;
      if (n === 10) continue;
      if (byte < 48 || byte > 57) return faults.time;
      time = time * 10 + byte - 48;
    }
    columns.time[row] = time;
    i += 15;

    if (this.#backslash < from) this.#backslash = indexOrEnd(text, backslash, from);

    const head = this.#heads.find(view, i);
    if (head === undefined) {
      i = this.#head(text, view, i);
      if (i < 0) return i;
    } else {
      columns.host.keys[row] = head.host;
      columns.prefix.keys[row] = head.prefix;
      columns.action[row] = head.action;
      columns.inIface.keys[row] = head.inIface;
      columns.outIface.keys[row] = head.outIface;
      i += head.length;
    }

    const { srcView } = columns;
    const value = row * 16;
    i = this.#address(this.#sources, text, i, srcView, value);
    if (i < 0) return i;
    columns.country.keys[row] = this.#country(columns.src, value + sourceValue.country);
    columns.asn[row] = srcView.getUint32(value + sourceValue.asn);
    i = this.#address(this.#destinations, text, i, columns.dstView, value);
    if (i < 0) return i;

    i = this.#label(columns.proto, text, i);
    if (i < 0) return i;

    // src_port … icmp_code
    const { integers } = columns;
    for (let column = 0; column < limits.length; column++) {
      let number = 0;
      const start = i;
      let byte = text[i] as number;
      while (byte >= 48 && byte <= 57) {
        number = number * 10 + byte - 48;
        byte = text[++i] as number;
      }
      if (byte !== tab) return byte === newline ? faults.columns : faults.number;
      if (i === start || number > (limits[column] as number)) return faults.number;
      (integers[column] as Uint32Array)[row] = number;
      i += 1;
    }

    return this.#extra(text, view, i);
  }

  /** Reads host, prefix, action and interfaces; returns the offset behind them, or a fault. */
  #head(text: Uint8Array, view: DataView, from: number): number {
    const { host, prefix, action, inIface, outIface, rows: row } = this.#columns;
    let i = this.#label(host, text, from);
    if (i < 0) return i;
    i = this.#label(prefix, text, i);
    if (i < 0) return i;
    const actionEnd = cellEnd(text, i);
    if (actionEnd < 0) return faults.columns;
    const number = actionIn(text, i, actionEnd);
    if (number < 0) return faults.action;
    action[row] = number;
    i = this.#label(inIface, text, actionEnd + 1);
    if (i < 0) return i;
    i = this.#label(outIface, text, i);
    if (i < 0) return i;
    const key = (labels: LabelColumn): number => labels.keys[row] as number;
    this.#heads.keep(view, from, i, {
      host: key(host),
      prefix: key(prefix),
      action: number,
      inIface: key(inIface),
      outIface: key(outIface),
    });
    return i;
  }

  /** Reads the text at `from` as a label of the row in hand; returns the offset behind its tab, or a fault. */
  #label(labels: LabelColumn, text: Uint8Array, from: number): number {
    let i = from;
    let hash = 0;
    let byte = text[i] as number;
    while (byte !== tab) {
      if (byte === newline) return faults.columns;
      hash = (Math.imul(hash, 31) + byte) | 0;
      byte = text[++i] as number;
    }
    if (this.#backslash >= i) {
      labels.keys[this.#columns.rows] = labels.keyOf(text, from, i, hash);
      return i + 1;
    }
    const cell = unescaped(text, from, i);
    if (cell === null) return faults.escape;
    hash = 0;
    for (const one of cell) hash = (Math.imul(hash, 31) + one) | 0;
    labels.keys[this.#columns.rows] = labels.keyOf(cell, 0, cell.length, hash);
    return i + 1;
  }

  /** Writes the value of the address at `from` to out[at …]; returns the offset behind its tab, or a fault. */
  #address(cache: AddressCache, text: Uint8Array, from: number, out: DataView, at: number): number {
    let i = from;
    let hash = 0;
    let byte = text[i] as number;
    while (byte > newline) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      byte = text[++i] as number;
    }
    if (byte !== tab) return byte === newline ? faults.columns : faults.address;
    return cache.copy(text, from, i, hash, out, at) < 0 ? faults.address : i + 1;
  }

  #country(value: Uint8Array, at: number): number {
    const code = ((value[at] as number) << 8) | (value[at + 1] as number);
    if (code === 0) return 0;
    const known = this.#countries[code] as number;
    return known > 0 ? known : (this.#countries[code] = this.#columns.country.keyOf(value, at, at + 2, code));
  }

  /** Copies the last text of the row, four bytes at a time while it is plain; returns where the next row begins, or a fault. */
  #extra(text: Uint8Array, view: DataView, from: number): number {
    const columns = this.#columns;
    const { extra: out, extraView } = columns;
    const at = columns.extraLength;
    // most texts are so short that their length takes one byte
    let to = at + 1;
    let i = from;
    for (const last = text.length - 3; i < last; i += 4, to += 4) {
      const four = view.getInt32(i, true);
      // a byte below 0x10 (a tab or newline among them) or a backslash becomes zero and borrows
      const low = four & 0xf0f0f0f0;
      const notBackslash = four ^ 0x5c5c5c5c;
      const suspect = ((low - 0x01010101) & ~low) | ((notBackslash - 0x01010101) & ~notBackslash);
      if ((suspect & 0x80808080) !== 0) break;
      extraView.setInt32(to, four, true);
    }
    let byte = text[i] as number;
    while (byte !== newline && byte !== tab && byte !== backslash) {
      out[to++] = byte;
      byte = text[++i] as number;
    }
    if (byte === tab) return faults.columns;
    const end = byte === newline ? i : text.indexOf(newline, i);
    if (byte === backslash) {
      const further = text.indexOf(tab, i);
      if (further >= 0 && further < end) return faults.columns;
      const cell = unescaped(text, from, end);
      if (cell === null) return faults.escape;
      out.set(cell, at + 1);
      to = at + 1 + cell.length;
    }
    const length = to - at - 1;
    if (length > 127) {
      const lengthBytes = length > 0x1f_ffff ? 4 : length > 0x3fff ? 3 : 2;
      out.copyWithin(at + lengthBytes, at + 1, to);
      to += lengthBytes - 1;
    }
    writeVarint(out, at, length);
    columns.extraLength = to;
    return end + 1;
  }

  /** Puts the row at `from` aside; returns where the next one begins. */
  #bury({ stream, epoch, text }: RowBlock, from: number, position: number | null, reason: DeadReason): number {
    const end = text.indexOf(newline, from);
    const to = end < 0 ? text.length : end;
    this.#dead.push({ stream, epoch, position, reason, row: text.slice(from, to) });
    return to + 1;
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

/** Where the tab behind the cell at `from` is; −1 when the row ends before. */
function cellEnd(text: Uint8Array, from: number): number {
  let i = from;
  let byte = text[i] as number;
  while (byte !== tab) {
    if (byte === newline) return -1;
    byte = text[++i] as number;
  }
  return i;
}

function actionIn(text: Uint8Array, from: number, to: number): number {
  for (let number = 0; number < actions.length; number++) {
    const action = actions[number] as Uint8Array;
    let i = action.length === to - from ? 0 : action.length + 1;
    while (i < action.length && action[i] === text[from + i]) i += 1;
    if (i === action.length) return number;
  }
  return -1;
}

/** A Buffer's search is several times faster than a plain array's. */
function indexOrEnd(text: Uint8Array, byte: number, from: number): number {
  const index = Buffer.from(text.buffer, text.byteOffset, text.byteLength).indexOf(byte, from);
  return index < 0 ? text.length : index;
}
