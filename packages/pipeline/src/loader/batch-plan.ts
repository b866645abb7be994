import type { Range, RowBlock } from '@droplens/transport';
import type { BatchRows } from './batch-rows.ts';
import type { Coverage } from './coverage.ts';
import { tokenOf } from './token.ts';

/** What of a batch is to be stored. */
export interface BatchPlan {
  /** What remains of the blocks, in their order; these become the ledger's rows. Empty = everything is loaded already. */
  readonly ranges: readonly Range[];
  readonly token: string;
}

/** Names an epoch of a stream. */
export function epochKey({ stream, epoch }: { stream: string; epoch: string }): string {
  return `${stream} ${epoch}`;
}

/**
 * Cuts from `blocks` what is covered and what an earlier one of them holds already, row by row: a collector's crash re-sends with other
 * borders, so keeping a partly covered block would double rows, and dropping it whole would lose some. What remains goes to `rows`, and
 * `covered` (by epoch key) covers it afterwards. The same blocks and coverage always give the same bytes and the same token.
 */
export function planBatch(blocks: readonly RowBlock[], covered: ReadonlyMap<string, Coverage>, rows: BatchRows): BatchPlan {
  const ranges: Range[] = [];
  rows.clear();
  for (const block of blocks) {
    const { stream, epoch } = block;
    const coverage = covered.get(epochKey(block)) as Coverage;
    const gaps = coverage.gaps(block.first, block.last);
    const counts = rows.add(block, gaps);
    for (let i = 0; i < counts.length; i++) {
      const first = gaps[2 * i] as number;
      const last = gaps[2 * i + 1] as number;
      ranges.push({ stream, epoch, first, last, rows: counts[i] as number });
      coverage.add(first, last);
    }
  }
  return { ranges, token: tokenOf(ranges) };
}
