import type { Epoch, EpochRegistry } from './epoch-registry.ts';
import { HeadProbe } from './head-probe.ts';
import { LineCutter } from './line-cutter.ts';
import { addGrowth, copyCounts, type LineCounts, noLines } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import type { Publisher, Stretch } from './publisher.ts';
import type { RowBuffer } from './row-block.ts';

/** Most that is held back while the source's identity is not known. */
const heldBytes = 1024 * 1024;

/**
 * Loads a byte stream that is read once, from its first byte to its last: an import, standard input. Its epoch is the one its content
 * has anywhere else, so what is loaded already is cut by the ledger.
 */
export class StreamLoad {
  readonly counts: LineCounts = noLines();
  /** Rows and missing lines published so far. */
  rows = 0;
  undercounted = 0;
  readonly #registry: EpochRegistry;
  readonly #publisher: Publisher;
  readonly #rows: RowBuffer;
  readonly #source: string;
  readonly #reference: () => number;
  readonly #metrics: CollectorMetrics;
  readonly #cutter = new LineCutter();
  readonly #probe = new HeadProbe();
  readonly #anyProbe = new HeadProbe(true);
  #held: Buffer[] = [];
  #heldLength = 0;
  #received = 0;
  #epoch: Epoch | undefined;
  #next = 1;

  /** `reference` is the time against which stamps without a year are understood. */
  constructor(options: {
    registry: EpochRegistry;
    publisher: Publisher;
    rows: RowBuffer;
    source: string;
    reference: () => number;
    metrics: CollectorMetrics;
  }) {
    this.#registry = options.registry;
    this.#publisher = options.publisher;
    this.#rows = options.rows;
    this.#source = options.source;
    this.#reference = options.reference;
    this.#metrics = options.metrics;
  }

  get epoch(): string | null {
    return this.#epoch?.id ?? null;
  }

  /** Bytes of lines that are durable. */
  get position(): number {
    return this.#next - 1;
  }

  /** Bytes taken in. */
  get received(): number {
    return this.#received;
  }

  /** True when something waits that `flush` would publish. */
  get waiting(): boolean {
    return this.#heldLength > 0 || this.#rows.rows > 0;
  }

  get unfinished(): boolean {
    return this.#cutter.unfinished || this.#heldLength > 0;
  }

  /** Takes a piece; the caller may reuse its memory afterwards. False when `signal` aborted before all of it was taken. */
  async push(chunk: Buffer, signal: AbortSignal): Promise<boolean> {
    const base = this.#received;
    this.#received += chunk.length;
    this.#metrics.bytes.inc({ kind: this.#publisher.kind }, chunk.length);
    this.#probe.push(chunk, 0, chunk.length, base);
    this.#anyProbe.push(chunk, 0, chunk.length, base);
    if (this.#epoch !== undefined) return await this.#cut(chunk, signal);
    // Until it is known what the source is, it is not known either where its lines were cut before.
    if (!this.#probe.complete && this.#heldLength + chunk.length <= heldBytes) {
      this.#held.push(Buffer.from(chunk));
      this.#heldLength += chunk.length;
      return true;
    }
    return (await this.#letGo(signal)) && (await this.#cut(chunk, signal));
  }

  /** Publishes what is whole. False when `signal` aborted first. */
  async flush(signal: AbortSignal): Promise<boolean> {
    return (await this.#letGo(signal)) && (await this.#publish(signal));
  }

  /** The source has ended: with `takeUnfinished` an unterminated last line may count as whole. False when `signal` aborted first. */
  async end(takeUnfinished: boolean, signal: AbortSignal): Promise<boolean> {
    if (takeUnfinished) {
      this.#probe.end();
      this.#anyProbe.end();
    }
    if (!(await this.#letGo(signal))) return false;
    if (!(await this.#publish(signal))) return false;
    return !takeUnfinished || !this.#cutter.unfinished || (await this.#takeLast(signal));
  }

  /**
   * An unterminated last line that holds a record is taken. One that is rejected may be half a record of a log that is still written: it
   * is counted and left, so that it is read as a whole when there is more of it.
   */
  async #takeLast(signal: AbortSignal): Promise<boolean> {
    const rejected = rejectedLines(this.#rows.counts);
    while (!this.#count(() => this.#cutter.finish(this.#rows, this.#reference()))) {
      if (!(await this.#publish(signal))) return false;
    }
    if (rejectedLines(this.#rows.counts) > rejected) return true;
    await this.#resolve();
    if (this.#epoch !== undefined) this.#epoch = await this.#registry.cut(this.#epoch, this.#cutter.offset);
    return await this.#publish(signal);
  }

  async #letGo(signal: AbortSignal): Promise<boolean> {
    await this.#resolve();
    const held = this.#held;
    this.#held = [];
    this.#heldLength = 0;
    for (const chunk of held) if (!(await this.#cut(chunk, signal))) return false;
    return true;
  }

  async #cut(chunk: Buffer, signal: AbortSignal): Promise<boolean> {
    let from = 0;
    while (from < chunk.length) {
      from = this.#count(() => this.#cutter.push(chunk, from, chunk.length, this.#rows, this.#reference()));
      if (from < chunk.length && !(await this.#publish(signal))) return false;
    }
    return !signal.aborted;
  }

  #count<T>(work: () => T): T {
    const before = copyCounts(this.#rows.counts);
    const result = work();
    const grown = noLines();
    addGrowth(grown, before, this.#rows.counts);
    addGrowth(this.counts, noLines(), grown);
    const { kind } = this.#publisher;
    this.#metrics.lines.inc({ kind }, grown.lines);
    this.#metrics.records.inc({ kind }, grown.records);
    for (const reason in grown.rejected) this.#metrics.rejected.inc({ kind, reason }, grown.rejected[reason] ?? 0);
    return result;
  }

  async #resolve(): Promise<void> {
    if (this.#epoch !== undefined) return;
    // Records written in a way that has no marker: the first line that is not blank names the source.
    const head = this.#probe.head ?? (this.#rows.rows > 0 ? this.#anyProbe.head : null);
    if (head === null) return;
    this.#epoch = await this.#registry.resolve(head);
    this.#cutter.cuts = this.#epoch.cuts;
  }

  async #publish(signal: AbortSignal): Promise<boolean> {
    await this.#resolve();
    const last = this.#cutter.lineStart;
    if (this.#epoch === undefined || last < this.#next) return !signal.aborted;
    const { head } = this.#probe;
    if (head !== null && head.start === this.#epoch.start) {
      // Null: it began like a known source and goes on otherwise. What follows is published under a name of its own.
      this.#epoch = (await this.#registry.extend(this.#epoch, head)) ?? (await this.#registry.resolve(head));
    }
    const block = this.#rows.take();
    const stretch: Stretch = {
      epoch: this.#epoch.id,
      first: this.#next,
      last,
      block,
      counts: copyCounts(this.counts),
      source: this.#source,
    };
    if (!(await this.#publisher.publish([stretch], signal))) return false;
    this.#rows.recycle(block.text);
    this.#next = last + 1;
    this.rows += block.rows;
    for (const { count } of block.undercounts) this.undercounted += count;
    return true;
  }
}

function rejectedLines({ rejected }: Readonly<LineCounts>): number {
  return Object.values(rejected).reduce((sum, lines) => sum + lines, 0);
}
