import { z } from 'zod';
import { batchLimits } from '@droplens/transport';
import type { Checkpoint } from './checkpoint.ts';
import { addGrowth, copyCounts, type LineCounts, noLines, type SourceStatus } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import type { Publisher } from './publisher.ts';
import type { RowBuffer, TakenUndercount } from './row-block.ts';

const sectionSchema = z.object({
  epoch: z.string(),
  /** Position of the last line that is durable, or holds nothing that must be. */
  position: z.int().min(0),
  /** `first` of the next range. */
  next: z.int().min(0),
  /** Where to read on, in the source's own words. */
  cursor: z.string(),
  counts: z.object({ lines: z.int(), records: z.int(), rejected: z.record(z.string(), z.int()) }),
});
type Section = z.infer<typeof sectionSchema>;

/** Reads with a status now and then, rows or no rows. */
const statusMs = 60_000;

/**
 * Loads lines that come with positions of their own (sequence numbers), which only grow within an epoch: the kernel's ring, the journal.
 * Publishes when a block is full or its first row has waited for `flushMs`, then saves how far that is.
 */
export class SequenceLoad {
  readonly #checkpoint: Checkpoint;
  readonly #publisher: Publisher;
  readonly #metrics: CollectorMetrics;
  readonly #newRows: (bootTime?: number) => RowBuffer;
  readonly #source: string;
  readonly #flushMs: number;
  #rows: RowBuffer;
  #epoch = '';
  #position = 0;
  #next = 0;
  #cursor = '';
  #counts: LineCounts = noLines();
  #undercounts: TakenUndercount[] = [];
  #firstWaits = Infinity;
  #lastStatus = performance.now();
  #lastSave = 0;
  #saved: Section | undefined;

  constructor(options: {
    checkpoint: Checkpoint;
    publisher: Publisher;
    rows: (bootTime?: number) => RowBuffer;
    metrics: CollectorMetrics;
    source: string;
    flushMs: number;
  }) {
    this.#checkpoint = options.checkpoint;
    this.#publisher = options.publisher;
    this.#newRows = options.rows;
    this.#metrics = options.metrics;
    this.#source = options.source;
    this.#flushMs = options.flushMs;
    this.#rows = options.rows();
    const section: Section | undefined = this.#checkpoint.section(this.#publisher.kind, sectionSchema);
    if (section === undefined) return;
    this.#saved = section;
    this.#epoch = section.epoch;
    this.#position = section.position;
    this.#next = section.next;
    this.#cursor = section.cursor;
    this.#counts = copyCounts(section.counts);
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Position of the last line taken. */
  get position(): number {
    return this.#position;
  }

  get cursor(): string {
    return this.#cursor;
  }

  /** Lines from `first` on belong to `epoch`. What waits of another epoch is published before; false when `signal` aborted first. */
  async begin(epoch: string, first: number, signal: AbortSignal): Promise<boolean> {
    if (epoch === this.#epoch) return true;
    if (!(await this.flush(signal))) return false;
    this.#epoch = epoch;
    this.#position = first - 1;
    this.#next = first;
    this.#counts = noLines();
    return true;
  }

  /** Rows from here on take their time from another boot time. */
  async setBootTime(bootTime: number, signal: AbortSignal): Promise<boolean> {
    if (!(await this.flush(signal))) return false;
    this.#rows = this.#newRows(bootTime);
    return true;
  }

  /** Lines before `position` that are known to be missing. */
  addMissing(undercount: TakenUndercount): void {
    this.#undercounts.push(undercount);
    this.#position = Math.max(this.#position, undercount.position);
    this.#firstWaits = Math.min(this.#firstWaits, performance.now());
  }

  /** Takes a line whose position is greater than all before; false when `signal` aborted before there was room. */
  async take(line: Uint8Array, position: number, cursor: string, now: number, signal: AbortSignal): Promise<boolean> {
    const before = copyCounts(this.#rows.counts);
    while (!this.#rows.writeLine(line, 0, line.length, position, now)) {
      if (!(await this.flush(signal))) return false;
    }
    const grown = noLines();
    addGrowth(grown, before, this.#rows.counts);
    addGrowth(this.#counts, noLines(), grown);
    const { kind } = this.#publisher;
    this.#metrics.bytes.inc({ kind }, line.length);
    this.#metrics.lines.inc({ kind }, grown.lines);
    this.#metrics.records.inc({ kind }, grown.records);
    for (const reason in grown.rejected) this.#metrics.rejected.inc({ kind, reason }, grown.rejected[reason] ?? 0);
    this.#position = position;
    this.#cursor = cursor;
    // A line that is rejected waits for nothing; one with a record or an undercount does.
    if (Object.keys(grown.rejected).length === 0) this.#firstWaits = Math.min(this.#firstWaits, performance.now());
    return true;
  }

  /** Publishes what is due; false when `signal` aborted first. To be called at least every `flushMs`. */
  async tick(signal: AbortSignal): Promise<boolean> {
    const now = performance.now();
    const statusDue = now - this.#lastStatus >= statusMs && this.#next <= this.#position;
    if (now - this.#firstWaits >= this.#flushMs || this.#rows.rows >= batchLimits.rows / 2 || statusDue) {
      return await this.flush(signal);
    }
    if (this.#firstWaits === Infinity && now - this.#lastSave >= 5_000) return await this.#save(signal);
    return true;
  }

  /** Publishes all that was taken; false when `signal` aborted first. */
  async flush(signal: AbortSignal): Promise<boolean> {
    if (this.#next > this.#position || this.#epoch === '') return !signal.aborted;
    const taken = this.#rows.take();
    const block = { ...taken, undercounts: [...this.#undercounts, ...taken.undercounts] };
    const stretch = {
      epoch: this.#epoch,
      first: this.#next,
      last: this.#position,
      block,
      counts: copyCounts(this.#counts),
      source: this.#source,
    };
    if (!(await this.#publisher.publish([stretch], signal))) return false;
    this.#rows.recycle(taken.text);
    this.#undercounts = [];
    this.#next = this.#position + 1;
    this.#firstWaits = Infinity;
    this.#lastStatus = performance.now();
    return await this.#save(signal);
  }

  async #save(signal: AbortSignal): Promise<boolean> {
    this.#lastSave = performance.now();
    const section: Section = {
      epoch: this.#epoch,
      position: this.#position,
      next: this.#next,
      cursor: this.#cursor,
      counts: copyCounts(this.#counts),
    };
    if (this.#epoch === '' || (this.#saved?.position === section.position && this.#saved.epoch === section.epoch)) return true;
    if (!(await this.#publisher.repeat(() => this.#checkpoint.save(this.#publisher.kind, section), signal))) return false;
    this.#saved = section;
    return true;
  }

  status(problem: string | null): SourceStatus {
    return {
      kind: this.#publisher.kind,
      source: this.#source,
      stream: this.#publisher.stream,
      epoch: this.#epoch === '' ? null : this.#epoch,
      position: this.#next - 1,
      lagBytes: null,
      ...copyCounts(this.#counts),
      lastEvent: this.#publisher.lastEvent,
      problem,
    };
  }
}
