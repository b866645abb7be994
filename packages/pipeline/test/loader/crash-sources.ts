import type { RowBlock } from '@droplens/transport';
import { identity, sampleRow } from './sample-rows.ts';

/** The sources of the crash test. */
export const streams = ['11', '22', '33'] as const;

/** Rows of a position: every fifth line is no firewall line, every 97th says it was repeated. */
function rowsAt(position: number): number {
  if (position % 5 === 0) return 0;
  return position % 97 === 0 ? 3 : 1;
}

/** Rows of all positions up to `last`, and how many different ones. */
export function rowsUpTo(last: number): { rows: number; unique: number } {
  let rows = 0;
  let unique = 0;
  for (let position = 1; position <= last; position++) {
    rows += rowsAt(position);
    if (rowsAt(position) > 0) unique += 1;
  }
  return { rows, unique };
}

/** The lines [first, last] of a source, the same whenever and in whatever block they come. */
export function sourceBlock(stream: string, first: number, last: number): RowBlock {
  let text = '';
  let rows = 0;
  for (let position = first; position <= last; position++) {
    const count = rowsAt(position);
    rows += count;
    text += `${sampleRow({ ...identity(position), extra: `SEQ=${stream}-${position}` })}\n`.repeat(count);
  }
  return { stream, epoch: `${stream}000`, first, last, rows, text: Buffer.from(text) };
}

/** A repeatable source of numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
