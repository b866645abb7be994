import { dispositionOf, pause, type Reporter } from '@droplens/runtime';
import { batchLimits } from '@droplens/transport';
import type { Checkpoint } from './checkpoint.ts';
import { CompressedCopies } from './compressed-copy.ts';
import type { EpochRegistry } from './epoch-registry.ts';
import { FileFollower } from './file-follower.ts';
import { FileMemory } from './file-memory.ts';
import { FileReader } from './file-reader.ts';
import { FileScan, type FileTiming, fileTiming } from './file-scan.ts';
import type { FollowedFile } from './followed-file.ts';
import { copyCounts, type LogSource, noLines, type SourceStatus } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import type { Publisher, Stretch } from './publisher.ts';
import type { RowBuffer } from './row-block.ts';

/**
 * Follows files through every kind of rotation. One loop reads them in turn; all share one stream and one row buffer, and each life of a
 * file is an epoch, known by what it begins with. What another name holds already (a copy, a link) is read once.
 *
 * `FileScan` says which files there are, `FileFollower` what becomes of each, `FileReader` takes its lines, `FileMemory` keeps what is known of
 * those that are not open; here they take turns, and what was read is published.
 */
export class FileSource implements LogSource {
  readonly kind = 'file';
  readonly #scan: FileScan;
  readonly #memory: FileMemory;
  readonly #reader: FileReader;
  readonly #follower: FileFollower;
  readonly #publisher: Publisher;
  readonly #reporter: Reporter;
  readonly #timing: FileTiming;
  #lastFlush = 0;
  #lastStatus = 0;

  constructor(options: {
    patterns: readonly string[];
    registry: EpochRegistry;
    checkpoint: Checkpoint;
    publisher: Publisher;
    rows: () => RowBuffer;
    metrics: CollectorMetrics;
    reporter: Reporter;
    timing?: Partial<FileTiming>;
  }) {
    const { patterns, registry, checkpoint, publisher, rows, metrics, reporter } = options;
    this.#publisher = publisher;
    this.#reporter = reporter;
    this.#timing = { ...fileTiming, ...options.timing };
    const { graceMs } = this.#timing;
    const flush = (signal: AbortSignal): Promise<void> => this.#flush(signal);
    const look = (): Promise<void> => this.#look();
    const scan = new FileScan({ patterns, metrics, reporter, timing: this.#timing });
    const memory = new FileMemory({ checkpoint, scan, publisher, reporter });
    const reader = new FileReader({ registry, rows, metrics });
    const compressed = new CompressedCopies({ scan, registry, memory, reader, reporter, graceMs, flush, look });
    this.#follower = new FileFollower({ scan, registry, memory, reader, compressed, metrics, reporter, graceMs, flush });
    this.#scan = scan;
    this.#memory = memory;
    this.#reader = reader;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#reader.start();
    this.#memory.restore();
    this.#lastFlush = performance.now();
    try {
      while (!signal.aborted) {
        await this.#look();
        let busy = false;
        try {
          busy = await this.#turn(signal);
        } catch (error) {
          // What passes (a full disk) is waited for with the files held open: a log that is deleted meanwhile is not lost.
          if (dispositionOf(error) !== 'retry') throw error;
          this.#reporter.fail(error);
        }
        if (!busy && !signal.aborted) await pause(this.#scan.untilNext(), signal);
      }
      await this.#flush(AbortSignal.timeout(3_000));
      await this.#memory.save(AbortSignal.timeout(3_000));
    } finally {
      await this.#scan.close();
    }
  }

  /** Every file's turn, once; true when there is more to do at once. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    let busy = false;
    for (const file of this.#scan.files) {
      if (signal.aborted) break;
      if (await this.#follower.advance(file, signal)) busy = true;
      if (this.#flushDue()) await this.#flush(signal);
    }
    if (this.#flushDue()) await this.#flush(signal);
    await this.#saveMoved(signal);
    return busy;
  }

  status(): readonly SourceStatus[] {
    const shown = this.#scan.files.filter((file) => file.live || (file.state !== 'shadow' && file.settled < file.size));
    const statuses = shown.map((file): SourceStatus => ({
      ...this.#blank(file.path),
      epoch: file.epoch?.id ?? null,
      position: file.settled,
      lagBytes: file.state === 'shadow' ? 0 : Math.max(0, file.size - file.settled),
      ...copyCounts(file.counts),
    }));
    for (const [path, problem] of this.#scan.problems) {
      if (!shown.some((file) => file.path === path)) statuses.push({ ...this.#blank(path), problem });
    }
    return statuses;
  }

  #blank(path: string): SourceStatus {
    return {
      kind: 'file',
      source: path,
      stream: this.#publisher.stream,
      epoch: null,
      position: 0,
      lagBytes: null,
      ...noLines(),
      lastEvent: this.#publisher.lastEvent,
      problem: this.#scan.problems.get(path) ?? null,
    };
  }

  async #look(): Promise<void> {
    await this.#scan.look(this.#memory.missing);
    this.#memory.giveUp();
  }

  #flushDue(): boolean {
    const now = performance.now();
    if (now - this.#lastFlush >= this.#timing.flushMs) return true;
    let { rows, byteLength: bytes } = this.#reader;
    for (const file of this.#scan.files) {
      for (const { block } of file.waiting) {
        rows += block.rows;
        bytes += block.text.byteLength;
      }
    }
    return rows >= batchLimits.rows / 2 || bytes >= batchLimits.bytes / 2;
  }

  /** Publishes all that waits, then saves how far that is. Without rows only now and then, for the status. */
  async #flush(signal: AbortSignal): Promise<void> {
    this.#reader.collect();
    if (signal.aborted) return; // what waits is published by the last flush, which has a signal of its own
    this.#lastFlush = performance.now();
    const statusDue = this.#lastFlush - this.#lastStatus >= this.#timing.statusMs;
    for (const file of this.#scan.files) await this.#follower.settleEpoch(file, signal);
    const stretches: Stretch[] = [];
    const published: { file: FollowedFile; last: number }[] = [];
    for (const file of this.#scan.files) {
      const { epoch, waiting } = file;
      if (epoch === undefined) continue;
      let first = file.next;
      for (const [index, { block, last }] of waiting.entries()) {
        const counts = index === waiting.length - 1 ? copyCounts(file.counts) : null;
        stretches.push({ epoch: epoch.id, first, last, block, counts, source: file.path });
        first = last + 1;
      }
      const last = file.cutter.lineStart;
      if (waiting.length === 0 && statusDue && file.state === 'following' && last >= first) {
        const block = { text: new Uint8Array(0), rows: 0, undercounts: [] };
        stretches.push({ epoch: epoch.id, first, last, block, counts: copyCounts(file.counts), source: file.path });
        first = last + 1;
      }
      if (first > file.next) published.push({ file, last: first - 1 });
    }
    if (statusDue) this.#lastStatus = this.#lastFlush;
    if (stretches.length === 0) return;
    if (!(await this.#whileScanning(this.#publisher.publish(stretches, signal)))) return;
    for (const { block } of stretches) this.#reader.recycle(block.text);
    for (const { file, last } of published) {
      file.next = last + 1;
      file.waiting = [];
    }
    await this.#whileScanning(this.#memory.save(signal));
  }

  /** Awaits what may wait for room; meanwhile new files are opened, so that none is rotated away unseen. */
  async #whileScanning<T>(work: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const wake = (): void => settled.abort();
    work.then(wake, wake);
    while (!settled.signal.aborted) {
      await pause(this.#timing.pollMs, settled.signal);
      if (!settled.signal.aborted) await this.#look();
    }
    return work;
  }

  /** Lines without packets need no publication, only now and then a checkpoint. */
  async #saveMoved(signal: AbortSignal): Promise<void> {
    if (this.#memory.savedFor < this.#timing.rescanMs) return;
    this.#reader.collect();
    await this.#whileScanning(this.#memory.save(signal));
  }
}
