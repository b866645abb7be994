import { type RejectReason, rejectReasons } from '@droplens/netfilter-log';

/** What a stretch of lines came to, cumulative. `lines` = lines with a record + the sum of `rejected` + `undercounts`. */
export interface RowCounts {
  lines: number;
  /** Rows made; a repeated line makes several. */
  records: number;
  rejected: Record<RejectReason, number>;
  /** Lines that only say what is missing. */
  undercounts: number;
  /** Lines longer than 8 KiB, of which only the beginning was read. */
  longLines: number;
}

/** Counts of nothing. */
export function noCounts(): RowCounts {
  const rejected = Object.fromEntries(rejectReasons.map((reason) => [reason, 0])) as Record<RejectReason, number>;
  return { lines: 0, records: 0, rejected, undercounts: 0, longLines: 0 };
}
