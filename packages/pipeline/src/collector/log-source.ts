import type { SourceKind } from './identity.ts';

/** A source's health, for the live line, `/metrics` and `doctor`. */
export interface SourceStatus {
  readonly kind: SourceKind;
  /** What a person calls it: a path, `kmsg`, `journald`, `stdin`. */
  readonly source: string;
  readonly stream: string;
  /** Null until the first packet line. */
  readonly epoch: string | null;
  /** Up to where its lines are durable. */
  readonly position: number;
  /** Bytes that wait; null where a source cannot know. */
  readonly lagBytes: number | null;
  readonly lines: number;
  readonly records: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Milliseconds since 1970: event time of the last durable row; null before the first. */
  readonly lastEvent: number | null;
  /** Why it cannot be read at the moment; null when it can. */
  readonly problem: string | null;
}

/**
 * Where lines come from. A source reads, cuts into lines and publishes through its `Publisher`; it does not retry what fails:
 * `run` rejects and its supervisor, the collector, calls it again after a while. A second `run` goes on where the first one's
 * checkpoint stands.
 */
export interface LogSource {
  readonly kind: SourceKind;
  /** Reads until `signal` aborts (then what was read is published if the transport takes it soon) or the source ends for good. */
  run(signal: AbortSignal): Promise<void>;
  status(): readonly SourceStatus[];
}

/** Lines, records and rejected lines by reason, cumulative. */
export interface LineCounts {
  lines: number;
  records: number;
  rejected: Record<string, number>;
}

export function noLines(): LineCounts {
  return { lines: 0, records: 0, rejected: {} };
}

/** Adds to `sum` what `now` has more than `before`. */
export function addGrowth(sum: LineCounts, before: LineCounts, now: Readonly<LineCounts>): void {
  sum.lines += now.lines - before.lines;
  sum.records += now.records - before.records;
  for (const reason in now.rejected) {
    const more = (now.rejected[reason] ?? 0) - (before.rejected[reason] ?? 0);
    if (more > 0) sum.rejected[reason] = (sum.rejected[reason] ?? 0) + more;
  }
}

export function copyCounts(counts: Readonly<LineCounts>): LineCounts {
  return { lines: counts.lines, records: counts.records, rejected: { ...counts.rejected } };
}
