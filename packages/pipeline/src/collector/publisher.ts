import { Backoff, dispositionOf, pause, type Reporter } from '@droplens/runtime';
import { type Append, batchLimits, type TransportWriter } from '@droplens/transport';
import type { SourceKind } from './identity.ts';
import { copyCounts, type LineCounts } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import { lastEventTime, type TakenBlock } from './row-block.ts';

/** A stretch of one epoch, ready to be made durable. */
export interface Stretch {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly block: TakenBlock;
  /** Cumulative since the epoch began, up to `last`; null for all but the last stretch of an epoch. */
  readonly counts: Readonly<LineCounts> | null;
  /** What a person calls the source. */
  readonly source: string;
}

/**
 * Makes stretches of one stream durable, one append at a time, and repeats what may pass (backpressure: the caller waits and does not read).
 * Blocks, undercounts and statuses of one call travel together.
 */
export class Publisher {
  readonly stream: string;
  readonly kind: SourceKind;
  /** Event time of the last row made durable. */
  lastEvent: number | null = null;
  readonly #host: string;
  readonly #writer: TransportWriter;
  readonly #metrics: CollectorMetrics;
  readonly #reporter: Reporter;

  constructor(options: {
    stream: string;
    kind: SourceKind;
    host: string;
    writer: TransportWriter;
    metrics: CollectorMetrics;
    reporter: Reporter;
  }) {
    this.stream = options.stream;
    this.kind = options.kind;
    this.#host = options.host;
    this.#writer = options.writer;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
  }

  /** True when all is durable; false when `signal` aborted first, and then it is unknown. Rejects with what cannot pass. */
  async publish(stretches: readonly Stretch[], signal: AbortSignal): Promise<boolean> {
    for (let from = 0; from < stretches.length;) {
      let to = from;
      let rows = 0;
      let bytes = 0;
      for (; to < stretches.length; to += 1) {
        const { block } = stretches[to] as Stretch;
        rows += block.rows;
        bytes += block.text.byteLength;
        if (to > from && (rows > batchLimits.rows || bytes > batchLimits.bytes)) break;
      }
      const batch = stretches.slice(from, to);
      const append = this.#append(batch);
      if (!(await this.repeat(() => this.#writer.append(append, { signal }), signal))) return false;
      this.#count(batch);
      from = to;
    }
    return true;
  }

  #count(stretches: readonly Stretch[]): void {
    const { kind } = this;
    for (const { block } of stretches) {
      this.#metrics.rows.inc({ kind }, block.rows);
      for (const { cause, count } of block.undercounts) {
        this.#metrics.undercount.inc({ cause }, count);
        this.#metrics.undercountEvents.inc({ cause });
      }
      const time = lastEventTime(block.text);
      if (time !== null) this.lastEvent = time;
    }
    if (this.lastEvent !== null) this.#metrics.lastEvent.set({ kind }, this.lastEvent / 1000);
  }

  /** Does `attempt` until it succeeds (true) or `signal` aborts (false); rejects with what cannot pass. */
  async repeat(attempt: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const backoff = new Backoff({ initialMs: 50, maxMs: 10_000 });
    for (;;) {
      try {
        await attempt();
        return true;
      } catch (error) {
        if (dispositionOf(error) !== 'retry') throw error;
        if (signal.aborted) return false;
        this.#metrics.retries.inc({ kind: this.kind });
        this.#reporter.fail(error, { kind: this.kind });
        await pause(backoff.next(), signal);
        if (signal.aborted) return false;
      }
    }
  }

  #append(stretches: readonly Stretch[]): Append {
    const { stream } = this;
    const time = Date.now();
    return {
      blocks: stretches.map(({ epoch, first, last, block }) => ({
        stream,
        epoch,
        first,
        last,
        rows: block.rows,
        text: block.text,
      })),
      undercounts: stretches.flatMap(({ epoch, block }) =>
        block.undercounts.map((undercount) => ({ stream, epoch, ...undercount })),
      ),
      hosts: [],
      statuses: stretches.flatMap(({ epoch, last, counts, source }) =>
        counts === null ? [] : [{ stream, epoch, position: last, time, host: this.#host, source, ...copyCounts(counts) }],
      ),
    };
  }
}
