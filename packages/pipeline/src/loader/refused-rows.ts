import { dispositionOf, DroplensError } from '@droplens/runtime';
import type { DeadRow, Range } from '@droplens/transport';
import type { DropsStore } from './drops-store.ts';
import { partToken } from './token.ts';

type Insert = Parameters<DropsStore['insertDrops']>[0];

/** So many rows refused, one after the other and none taken: then not the rows are wrong. */
const mostRefusedInARow = 100;
const newline = 10;
const tab = 9;

/** A part of a batch: rows[from, to) in bytes, of which the first is row number `row`. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly row: number;
  /** Which half of which half: `LRR`; empty for the whole. */
  readonly path: string;
}

/**
 * Inserts batches, and finds the rows that the database refuses for what is in them by halving: the rest is stored. Halves have tokens of their own
 * that follow from the batch's, so after a crash the same search stores nothing twice. A refusal touches no table (the store says `discard` of no other).
 */
export class RefusedRows {
  readonly #insertDrops: (insert: Insert, signal: AbortSignal) => Promise<void>;
  #inARow = 0;

  /** `insertDrops` tries again what passes, and rejects with the rest. */
  constructor(insertDrops: (insert: Insert, signal: AbortSignal) => Promise<void>) {
    this.#insertDrops = insertDrops;
  }

  /** Returns the rows that were refused; `ranges` are the batch's, in the order of its rows. */
  async insert(insert: Insert, ranges: readonly Range[], signal: AbortSignal): Promise<(DeadRow & { range: Range })[]> {
    const { rows } = insert;
    const refused: (DeadRow & { range: Range })[] = [];
    const parts: Part[] = [{ from: 0, to: rows.length, row: 0, path: '' }];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const { from, to, row, path } = part;
      const token = path === '' ? insert.token : partToken(insert.token, path);
      const reason = await this.#try({ ...insert, rows: rows.subarray(from, to), token }, signal);
      if (reason === null) {
        this.#inARow = 0;
        continue;
      }
      const middle = middleOf(rows, from, to);
      if (middle < to) {
        parts.push({ from: middle, to, row: row + countRows(rows, from, middle), path: `${path}R` });
        parts.push({ from, to: middle, row, path: `${path}L` });
        continue;
      }
      refused.push(deadRow(rows.subarray(from, to - 1), rangeOf(ranges, row), reason));
      this.#inARow += 1;
      if (this.#inARow > mostRefusedInARow) {
        throw new DroplensError('DL_DATABASE_REFUSES_ROWS', `the database refused ${this.#inARow} rows in a row: ${reason}`);
      }
    }
    return refused;
  }

  /** Null = stored; otherwise why the database will never take it. */
  async #try(insert: Insert, signal: AbortSignal): Promise<string | null> {
    try {
      await this.#insertDrops(insert, signal);
      return null;
    } catch (error) {
      if (dispositionOf(error) !== 'discard') throw error;
      return (error as Error).message;
    }
  }
}

/** Where the row behind the middle of [from, to) begins; `to` when it is a single row. */
function middleOf(rows: Uint8Array, from: number, to: number): number {
  const behind = rows.indexOf(newline, from + Math.floor((to - from) / 2)) + 1;
  if (behind < to) return behind;
  const before = rows.lastIndexOf(newline, to - 2) + 1;
  return before > from ? before : to;
}

function countRows(rows: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = rows.indexOf(newline, from); at >= 0 && at < to; at = rows.indexOf(newline, at + 1)) count += 1;
  return count;
}

function rangeOf(ranges: readonly Range[], row: number): Range {
  let rest = row;
  const range = ranges.find(({ rows }) => (rest -= rows) < 0);
  if (range === undefined) throw new DroplensError('DL_INTERNAL', `row ${row} is in none of the batch's ranges`);
  return range;
}

/** The row as it came: without the two columns of the loader. */
function deadRow(row: Uint8Array, range: Range, reason: string): DeadRow & { range: Range } {
  const asn = row.lastIndexOf(tab);
  const country = row.lastIndexOf(tab, asn - 1);
  const position = Number(Buffer.from(row.subarray(0, row.indexOf(tab))).toString('latin1'));
  return { stream: range.stream, epoch: range.epoch, position, reason: `refused: ${reason}`, row: row.slice(0, country), range };
}
