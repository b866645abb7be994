import type { EpochRegistry } from './epoch-registry.ts';
import { type FollowedFile, readBuffer } from './followed-file.ts';
import { addGrowth, copyCounts, noLines } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import { referenceTime } from './reference-time.ts';
import type { RowBuffer } from './row-block.ts';

/** Takes lines out of followed files, one file at a time, into the row buffer that all of them share. */
export class FileReader {
  readonly #registry: EpochRegistry;
  readonly #newRows: () => RowBuffer;
  readonly #metrics: CollectorMetrics;
  readonly #buffer = readBuffer();
  #rows!: RowBuffer;
  /** Whose rows are in the buffer. */
  #filling: FollowedFile | undefined;

  constructor(options: { registry: EpochRegistry; rows: () => RowBuffer; metrics: CollectorMetrics }) {
    this.#registry = options.registry;
    this.#newRows = options.rows;
    this.#metrics = options.metrics;
  }

  /** Begins with an empty row buffer. */
  start(): void {
    this.#rows = this.#newRows();
    this.#filling = undefined;
  }

  /** Rows and bytes in the buffer: taken and not yet moved to their file. */
  get rows(): number {
    return this.#rows.rows;
  }
  get byteLength(): number {
    return this.#rows.byteLength;
  }

  /** Shows the file's beginning to its probes. */
  async inspect(file: FollowedFile): Promise<void> {
    await file.inspect(this.#buffer);
  }

  /** Reads a piece. Returns bytes consumed (0 at the end), `full` when the buffer must be published first, `changed` as `FollowedFile.read` does. */
  async read(file: FollowedFile): Promise<number | 'full' | 'changed'> {
    this.#fill(file);
    const before = copyCounts(this.#rows.counts);
    const read = await file.read(this.#buffer, this.#rows, referenceTime(file.mtimeMs));
    this.#count(file, before);
    if (typeof read === 'number') this.#metrics.bytes.inc({ kind: 'file' }, read);
    return read;
  }

  /** Takes the lines of a piece of decompressed content; returns the index after what was consumed: less than the length when the buffer is full. */
  push(file: FollowedFile, chunk: Buffer, from: number): number {
    this.#fill(file);
    const before = copyCounts(this.#rows.counts);
    const consumed = file.cutter.push(chunk, from, chunk.length, this.#rows, referenceTime(file.mtimeMs));
    this.#count(file, before);
    this.#metrics.bytes.inc({ kind: 'file' }, consumed - from);
    return consumed;
  }

  /** An unterminated last line counts as whole, for every later reader, too. `makeRoom` publishes when the buffer is full. */
  async takeLast(file: FollowedFile, makeRoom: () => Promise<void>): Promise<void> {
    const { offset } = file.cutter;
    if (file.epoch === undefined) {
      file.probe.end();
      if (file.head !== null) file.epoch = await this.#registry.resolve(file.head);
    }
    if (file.epoch === undefined) return;
    file.epoch = await this.#registry.cut(file.epoch, offset);
    this.#fill(file);
    const before = copyCounts(this.#rows.counts);
    const finish = (): boolean => file.cutter.finish(this.#rows, referenceTime(file.mtimeMs));
    if (!finish()) {
      await makeRoom();
      finish();
    }
    this.#count(file, before);
  }

  /** An import may have taken the unfinished last line for whole while we waited for its rest: then it ends there for us, too. */
  async learnCuts(file: FollowedFile): Promise<void> {
    if (file.epoch === undefined) return;
    const cuts = await this.#registry.cutsOf(file.epoch);
    if (cuts.length === file.epoch.cuts.length) return;
    file.epoch = { ...file.epoch, cuts };
    file.cutter.cuts = cuts;
  }

  /** Moves what the row buffer holds to the file it is of. */
  collect(): void {
    const file = this.#filling;
    if (file === undefined) return;
    const block = this.#rows.take();
    if (block.rows > 0 || block.undercounts.length > 0) file.waiting.push({ block, last: file.cutter.lineStart });
  }

  /** Gives back the text of a block that is durable. */
  recycle(text: Uint8Array): void {
    this.#rows.recycle(text);
  }

  /** The file is closed; its rows were moved to it. */
  leave(file: FollowedFile): void {
    if (this.#filling === file) this.#filling = undefined;
  }

  #fill(file: FollowedFile): void {
    if (this.#filling === file) return;
    this.collect();
    this.#filling = file;
  }

  #count(file: FollowedFile, before: ReturnType<typeof copyCounts>): void {
    const grown = noLines();
    addGrowth(grown, before, this.#rows.counts);
    if (grown.lines === 0) return;
    addGrowth(file.counts, noLines(), grown);
    this.#metrics.lines.inc({ kind: 'file' }, grown.lines);
    this.#metrics.records.inc({ kind: 'file' }, grown.records);
    for (const reason in grown.rejected) this.#metrics.rejected.inc({ kind: 'file', reason }, grown.rejected[reason] ?? 0);
  }
}
