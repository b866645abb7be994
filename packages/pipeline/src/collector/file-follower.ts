import { type Reporter } from '@droplens/runtime';
import { foreignCompression, isGzip } from './compressed.ts';
import type { CompressedCopies } from './compressed-copy.ts';
import type { Epoch, EpochRegistry } from './epoch-registry.ts';
import type { FileMemory } from './file-memory.ts';
import type { FileReader } from './file-reader.ts';
import type { FileScan } from './file-scan.ts';
import type { FollowedFile } from './followed-file.ts';
import { FormerLives } from './former-lives.ts';
import type { Head } from './head-probe.ts';
import { noLines } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';

/** Bytes read of one file before the next one has its turn. */
const turnBytes = 8 * 1024 * 1024;

/**
 * What becomes of an open file, turn by turn: which epoch it is (`new`), its lines while it is the one that is read of that epoch
 * (`following`), waiting while another one is (`shadow`), and its end. All steps from one state to another are here and in
 * `CompressedCopies`.
 */
export class FileFollower {
  readonly #scan: FileScan;
  readonly #registry: EpochRegistry;
  readonly #memory: FileMemory;
  readonly #reader: FileReader;
  readonly #compressed: CompressedCopies;
  readonly #formerLives: FormerLives;
  readonly #metrics: CollectorMetrics;
  readonly #reporter: Reporter;
  readonly #graceMs: number;
  readonly #flush: (signal: AbortSignal) => Promise<void>;

  constructor(options: {
    scan: FileScan;
    registry: EpochRegistry;
    memory: FileMemory;
    reader: FileReader;
    compressed: CompressedCopies;
    metrics: CollectorMetrics;
    reporter: Reporter;
    /** How long (ms) a file that lost its name must rest until it counts as finished. */
    graceMs: number;
    /** Publishes what waits, of all files. */
    flush: (signal: AbortSignal) => Promise<void>;
  }) {
    this.#scan = options.scan;
    this.#registry = options.registry;
    this.#memory = options.memory;
    this.#reader = options.reader;
    this.#compressed = options.compressed;
    this.#formerLives = new FormerLives(options);
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#graceMs = options.graceMs;
    this.#flush = options.flush;
  }

  /** Does a turn's work on one file; true when there is more to do at once. */
  async advance(file: FollowedFile, signal: AbortSignal): Promise<boolean> {
    try {
      if (file.state === 'new') await this.#identify(file, signal);
      if (file.state === 'shadow') {
        if (file.size !== file.comparedSize) file.state = 'new';
        if (file.state === 'new') await this.#identify(file, signal);
        if (file.state === 'shadow') {
          this.#scan.succeeded(file);
          return await this.#retire(file, signal);
        }
      }
      if (file.state !== 'following') return false;
      if (file.size < file.cutter.offset) {
        await this.#startAnew(file, signal);
        return true;
      }
      if (file.unread === 0 && file.endedAtMs === file.mtimeMs) return await this.#retire(file, signal);
      if (file.cutter.unfinished && file.unread > 0) await this.#reader.learnCuts(file);
      let consumed = 0;
      while (consumed < turnBytes && !signal.aborted) {
        const read = await this.#reader.read(file);
        if (read === 0) {
          this.#scan.succeeded(file);
          file.endedAtMs = file.mtimeMs;
          return await this.#retire(file, signal);
        }
        if (read === 'changed') {
          await this.#startAnew(file, signal);
          return true;
        }
        if (read === 'full') await this.#flush(signal);
        else consumed += read;
      }
      return true;
    } catch (error) {
      if (typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error; // no failed file operation
      this.#scan.failed(file, error as NodeJS.ErrnoException);
      await this.#release(file, false, signal);
      return false;
    }
  }

  /** Finds out which epoch the file is, and whether and from where it must be read. */
  async #identify(file: FollowedFile, signal: AbortSignal): Promise<void> {
    const begin = await file.bytesAt(0, 6);
    if (isGzip(begin)) return await this.#compressed.read(file, signal);
    const foreign = foreignCompression(begin);
    if (foreign !== null) return this.#compressed.leave(file, foreign);
    await this.#reader.inspect(file);
    await file.refresh();
    if (file.head !== null) {
      await this.#claim(file, file.head, signal);
      return;
    }
    const state = this.#memory.takeUnnamed(file);
    file.epoch = undefined;
    file.state = 'following';
    const tail = Buffer.from(state?.tail ?? '', 'base64');
    if (state !== undefined && file.size >= state.position && (await file.hasTail(state.position, tail))) {
      file.beginAt(state.position, tail, state.counts, state.next);
    } else file.beginAt(0, Buffer.alloc(0), noLines(), 1);
  }

  /** `head` is what the file begins with: takes up the epoch that is known so, or begins a new one. */
  async #claim(file: FollowedFile, head: Head, signal: AbortSignal): Promise<void> {
    let owner: FollowedFile | undefined;
    let stale = false;
    await this.#formerLives.keepNames(file, head);
    const epoch = await this.#registry.resolve(head, async (known) => {
      owner = this.#scan.files.find((other) => other !== file && other.state === 'following' && other.epoch?.id === known.id);
      if (owner !== undefined) {
        if (await file.sharesContent(owner)) return true;
        // A copy of what its log held until just now says nothing about the log's new life.
        stale = !(await owner.isUnchanged()) || !(await file.beginsWith(head));
        return stale;
      }
      const state = this.#memory.of(known.id);
      if (state === undefined) return true;
      // A log cut back to a part of itself goes on as another source; a copy of a part has nothing for us.
      if (file.size < state.position && !file.live) return true;
      if (file.size >= state.position && (await file.hasTail(state.position, Buffer.from(state.tail, 'base64')))) return true;
      stale = !(await file.beginsWith(head));
      return stale;
    });
    if (stale) {
      // One of them was truncated just now and begins anew first.
      file.forget();
      this.#scan.hurry(false);
      return;
    }
    if (owner?.epoch?.id !== epoch.id) owner = undefined;
    this.#memory.takeUnnamed(file);
    if (owner !== undefined) {
      // The longer one is followed; the other holds nothing that it does not.
      const supersedes = file.size > owner.size && (file.live || !owner.live) && owner.unread === 0;
      if (supersedes) await this.#flush(signal);
      if (!supersedes || signal.aborted || owner.waiting.length > 0) {
        this.#shadow(file, epoch, supersedes ? -1 : file.size);
        return;
      }
      this.#remember(owner, false);
      this.#shadow(owner, epoch, owner.size);
    }
    const state = this.#memory.of(epoch.id);
    const old = state === undefined && !file.live && file.isHistory;
    if (old || (state !== undefined && file.size < state.position)) {
      // Older than droplens here and no rest of anything that was followed, or a copy that ends before what was read already.
      this.#shadow(file, epoch, file.size);
      this.#scan.inspected(file);
      return;
    }
    file.epoch = epoch;
    file.state = 'following';
    this.#scan.uninspected(file);
    this.#memory.forget(epoch.id);
    if (state !== undefined) file.beginAt(state.position, Buffer.from(state.tail, 'base64'), state.counts, state.next);
    else if (file.cutter.offset === 0) {
      const begin = await this.#formerLives.keptBy(file, head, () => this.#flush(signal));
      const kept = head.bytes.subarray(0, begin - head.start).subarray(-256);
      if (begin > 0) file.beginAt(begin, kept, noLines(), begin + 1);
      else file.cutter.cuts = epoch.cuts;
    }
    // Without a state, what was read before the first packet line came is the epoch's beginning and stays.
    else file.cutter.cuts = epoch.cuts;
  }

  /** The file was truncated or overwritten: its old life ends where we were, the rest of it may be in a copy; a new life begins. */
  async #startAnew(file: FollowedFile, signal: AbortSignal): Promise<void> {
    this.#reporter.info('log file was truncated or overwritten', { path: file.path, position: file.cutter.lineStart });
    this.#metrics.rotations.inc();
    await this.#flush(signal);
    if (signal.aborted) return;
    this.#remember(file, false);
    const epoch = file.epoch?.id;
    file.forget();
    this.#wakeShadows(epoch);
    this.#scan.hurry(true);
  }

  /** At a file's end: a file without a name that has rested is finished. True when it was. */
  async #retire(file: FollowedFile, signal: AbortSignal): Promise<boolean> {
    if (file.live) return false;
    await file.refresh();
    if (file.state === 'following' && file.unread > 0) return true;
    // What it is a copy of may be truncated before it is read: then the rest is here.
    if (file.state === 'shadow' && this.#ownerOf(file) !== undefined) return false;
    // A writer may hold a deleted file for long; a renamed one is found again by its name if it grows.
    const grace = file.links === 0 ? 6 * this.#graceMs : this.#graceMs;
    if (performance.now() - file.lastChange < grace) return false;
    if (file.state === 'shadow' && this.#compressed.takePostponed(file)) {
      file.state = 'new';
      return true;
    }
    if (file.state === 'following' && file.cutter.unfinished) await this.#reader.takeLast(file, () => this.#flush(signal));
    await this.#release(file, true, signal);
    return true;
  }

  async #release(file: FollowedFile, complete: boolean, signal: AbortSignal): Promise<void> {
    await this.#flush(signal);
    if (signal.aborted && file.waiting.length > 0) return;
    const { state } = file;
    if (state === 'following') this.#remember(file, complete);
    else if (state === 'shadow' && complete) this.#scan.inspected(file);
    this.#reader.leave(file);
    this.#scan.drop(file);
    await file.close();
    this.#wakeShadows(file.epoch?.id);
  }

  /** Should it turn out to be another log after all, it is one from its first line on. */
  #shadow(file: FollowedFile, epoch: Epoch, comparedSize: number): void {
    file.forget();
    file.epoch = epoch;
    file.state = 'shadow';
    file.comparedSize = comparedSize;
  }

  #ownerOf(shadow: FollowedFile): FollowedFile | undefined {
    if (shadow.epoch === undefined) return undefined;
    const { id } = shadow.epoch;
    return this.#scan.files.find(({ state, epoch }) => state === 'following' && epoch?.id === id);
  }

  #wakeShadows(epoch: string | undefined): void {
    if (epoch === undefined) return;
    for (const file of this.#scan.files) if (file.state === 'shadow' && file.epoch?.id === epoch) file.state = 'new';
  }

  /** Before rows are published their epoch must be known, and its head registered as far as it was read. */
  async settleEpoch(file: FollowedFile, signal: AbortSignal): Promise<void> {
    if (file.state !== 'following') return;
    if (file.epoch === undefined) {
      const rows = file.waiting.some(({ block }) => block.rows > 0);
      // Records written in a way that has no marker: the first line that is not blank names the file.
      const head = file.head ?? (rows ? file.anyProbe.head : null);
      if (head === null) return;
      file.state = 'new';
      try {
        await this.#claim(file, head, signal);
      } catch (error) {
        // What was read is of what it began with then: asked again with that, not with what it may begin with by now.
        file.state = 'following';
        throw error;
      }
      return;
    }
    const { head } = file;
    if (head === null || file.waiting.length === 0) return;
    const extended = await this.#registry.extend(file.epoch, head);
    if (extended === null) {
      // Two sources that began alike: this one is another than it was taken for, and is read from its start under a name of its own.
      this.#reporter.info('log file is not the one it began like', { path: file.path });
      const { id } = file.epoch;
      file.forget();
      this.#wakeShadows(id);
    } else if (extended !== file.epoch) {
      file.epoch = extended;
      file.cutter.cuts = extended.cuts;
    }
  }

  #remember(file: FollowedFile, complete: boolean): void {
    file.settle();
    this.#memory.keep(file.remembered(complete));
    if (complete) this.#scan.inspected(file);
  }
}
