import type { LineSink } from './line-cutter.ts';
import type { LineCounts } from './log-source.ts';

/** Rows waiting for the transport. `RowWriter` of `record` is it; the collector needs no more of it than this. */
export interface RowBuffer extends LineSink {
  /** Rows and bytes in the block that is being filled. */
  readonly rows: number;
  readonly byteLength: number;
  /** Cumulative. */
  readonly counts: Readonly<LineCounts>;
  /** Hands over the block and begins a new one. */
  take(): TakenBlock;
  /** Gives back the text of a block that is durable: a large one's memory serves the next. */
  recycle(text: Uint8Array): void;
}

export interface TakenBlock {
  readonly text: Uint8Array;
  readonly rows: number;
  readonly undercounts: readonly TakenUndercount[];
}

/** An undercount as the parser finds it, without the stream and epoch that the collector knows. */
export interface TakenUndercount {
  readonly position: number;
  readonly time: number;
  readonly host: string;
  readonly cause: string;
  readonly count: number;
}

/** Joins blocks of one epoch that follow each other. */
export function joinBlocks(blocks: readonly TakenBlock[]): TakenBlock {
  if (blocks.length === 1) return blocks[0] as TakenBlock;
  return {
    text: Buffer.concat(blocks.map((block) => block.text)),
    rows: blocks.reduce((sum, block) => sum + block.rows, 0),
    undercounts: blocks.flatMap((block) => block.undercounts),
  };
}

/** Event time of the last row in milliseconds (column `time`, the second), or null when there is none. */
export function lastEventTime(text: Uint8Array): number | null {
  const rows = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  if (rows.length < 2) return null;
  const start = rows.lastIndexOf(10, rows.length - 2) + 1;
  const from = rows.indexOf(9, start) + 1;
  const to = rows.indexOf(9, from);
  const seconds = Number(rows.toString('latin1', from, to));
  return from > 0 && to > from && Number.isFinite(seconds) ? seconds * 1000 : null;
}
