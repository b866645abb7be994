import { DroplensError, pause, type Reporter } from '@droplens/runtime';
import { batchLimits } from '@droplens/transport';
import { z } from 'zod';
import type { Checkpoint } from './checkpoint.ts';
import { damageOf, GzipDamage, gunzipped } from './compressed.ts';
import type { Epoch, EpochRegistry } from './epoch-registry.ts';
import { type FileState, FollowedFile, readBuffer } from './followed-file.ts';
import { FileScan, type FileTiming, fileTiming } from './file-scan.ts';
import { type Head, HeadProbe } from './head-probe.ts';
import { addGrowth, copyCounts, type LogSource, noLines, type SourceStatus } from './log-source.ts';
import type { CollectorMetrics } from './metrics.ts';
import type { Publisher, Stretch } from './publisher.ts';
import type { RowBuffer } from './row-block.ts';

const countsSchema = z.object({ lines: z.int(), records: z.int(), rejected: z.record(z.string(), z.int()) });
const stateSchema: z.ZodType<FileState> = z.object({
  epoch: z.string().nullable(),
  firstLine: z.string().nullable(),
  path: z.string(),
  dev: z.number(),
  ino: z.number(),
  position: z.int().min(0),
  next: z.int().min(0),
  tail: z.string(),
  counts: countsSchema,
  complete: z.boolean(),
});
const sectionSchema = z.object({
  files: z.array(stateSchema),
  /** By configured path: rotated copies last written before this time (ms) were there before droplens, and are not read. */
  since: z.record(z.string(), z.number()),
  /** Copies that hold nothing for us: `dev:ino:size:mtime`. */
  inspected: z.array(z.string()),
});
type Section = z.infer<typeof sectionSchema>;

/** Remembered of files that are gone. */
const mostStates = 500;
/** Bytes read of one file before the next one has its turn. */
const turnBytes = 8 * 1024 * 1024;

/**
 * Follows files through every kind of rotation. One loop reads them in turn; all share one stream and one row buffer, and each life of a
 * file is an epoch, known by what it begins with. What another name holds already (a copy, a link) is read once.
 */
export class FileSource implements LogSource {
  readonly kind = 'file';
  readonly #scan: FileScan;
  readonly #registry: EpochRegistry;
  readonly #checkpoint: Checkpoint;
  readonly #publisher: Publisher;
  readonly #newRows: () => RowBuffer;
  readonly #metrics: CollectorMetrics;
  readonly #reporter: Reporter;
  readonly #timing: FileTiming;
  #rows!: RowBuffer;
  readonly #buffer = readBuffer();
  /** Of epochs, by id, that no open file has. */
  #states = new Map<string, FileState>();
  /** Of files without a packet line, by `dev:ino`. */
  #unnamed = new Map<string, FileState>();
  /** Epochs whose unread rest was looked for and not found. */
  #givenUp = new Set<string>();
  /** Whose rows are in the buffer. */
  #filling: FollowedFile | undefined;
  #lastFlush = 0;
  #lastStatus = 0;
  /** The first look is saved at once: from then on copies that are rotated away while we are down are ours to read. */
  #lastSave = -Infinity;
  #savedText = '';

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
    this.#registry = options.registry;
    this.#checkpoint = options.checkpoint;
    this.#publisher = options.publisher;
    this.#newRows = options.rows;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#timing = { ...fileTiming, ...options.timing };
    const { patterns, metrics, reporter } = options;
    this.#scan = new FileScan({ patterns, metrics, reporter, timing: this.#timing });
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#rows = this.#newRows();
    this.#filling = undefined;
    this.#restore();
    this.#lastFlush = performance.now();
    try {
      while (!signal.aborted) {
        await this.#look();
        let busy = false;
        for (const file of this.#scan.files) {
          if (signal.aborted) break;
          if (await this.#advance(file, signal)) busy = true;
          if (this.#flushDue()) await this.#flush(signal);
        }
        if (this.#flushDue()) await this.#flush(signal);
        await this.#saveMoved(signal);
        if (!busy && !signal.aborted) await pause(this.#scan.untilNext(), signal);
      }
      await this.#flush(AbortSignal.timeout(3_000));
      await this.#save(AbortSignal.timeout(3_000));
    } finally {
      await this.#scan.close();
    }
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

  // ---- what there is to read ----

  #restore(): void {
    const section: Section | undefined = this.#checkpoint.section('file', sectionSchema);
    this.#states.clear();
    this.#unnamed.clear();
    for (const state of section?.files ?? []) {
      if (state.epoch !== null) this.#states.set(state.epoch, state);
      else this.#unnamed.set(`${state.dev}:${state.ino}`, state);
    }
    // A lost checkpoint: nothing is known, so every copy may hold something unread.
    this.#scan.restore({
      since: section?.since ?? {},
      inspected: section?.inspected ?? [],
      suspicious: this.#checkpoint.damaged,
    });
    this.#givenUp.clear();
  }

  async #look(): Promise<void> {
    await this.#scan.look(this.#isSomethingMissing());
    // By then whatever is there has been seen.
    if (this.#scan.rescans >= 4) this.#sayMissing();
  }

  /** True while a file that was not read to its end is not open: it has another name now. */
  #isSomethingMissing(): boolean {
    for (const [epoch, state] of this.#states) if (!state.complete && !this.#givenUp.has(epoch)) return true;
    return false;
  }

  /** Said once: a log was rotated out of existence while nobody read it. */
  #sayMissing(): void {
    for (const [epoch, state] of this.#states) {
      if (state.complete || this.#givenUp.has(epoch)) continue;
      this.#givenUp.add(epoch);
      this.#reporter.warn('a log that was followed is gone; what was written to it after this position is lost', {
        path: state.path,
        position: state.position,
      });
    }
  }

  // ---- reading ----

  /** Does a turn's work on one file; true when there is more to do at once. */
  async #advance(file: FollowedFile, signal: AbortSignal): Promise<boolean> {
    try {
      if (file.state === 'new') await this.#identify(file, signal);
      if (file.state === 'shadow') {
        if (file.size !== file.comparedSize) file.state = 'new';
        if (file.state === 'new') await this.#identify(file, signal);
        if (file.state === 'shadow') return await this.#retire(file, signal);
      }
      if (file.state !== 'following') return false;
      if (file.size < file.cutter.offset) {
        await this.#startAnew(file, signal);
        return true;
      }
      if (file.unread === 0 && file.endedAtMs === file.mtimeMs) return await this.#retire(file, signal);
      if (file.cutter.unfinished && file.unread > 0) await this.#learnCuts(file);
      let consumed = 0;
      while (consumed < turnBytes && !signal.aborted) {
        const read = await this.#read(file);
        if (read === 0) {
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
      if (error instanceof DroplensError) throw error;
      // A read that fails (a stale handle, a bad sector): said once, and the file is opened again by its name.
      this.#scan.sayUnreadable(file.path, error as NodeJS.ErrnoException);
      await this.#release(file, false, signal);
      return false;
    }
  }

  async #read(file: FollowedFile): Promise<number | 'full' | 'changed'> {
    if (this.#filling !== file) {
      this.#collect();
      this.#filling = file;
    }
    const before = copyCounts(this.#rows.counts);
    const read = await file.read(this.#buffer, this.#rows, this.#reference(file));
    const { counts } = this.#rows;
    this.#countLines(before);
    addGrowth(file.counts, before, counts);
    if (typeof read === 'number') this.#metrics.bytes.inc({ kind: 'file' }, read);
    return read;
  }

  /** An import may have taken the unfinished last line for whole while we waited for its rest: then it ends there for us, too. */
  async #learnCuts(file: FollowedFile): Promise<void> {
    if (file.epoch === undefined) return;
    const cuts = await this.#registry.cutsOf(file.epoch);
    if (cuts.length === file.epoch.cuts.length) return;
    file.epoch = { ...file.epoch, cuts };
    file.cutter.cuts = cuts;
  }

  #countLines(before: ReturnType<typeof copyCounts>): void {
    const grown = noLines();
    addGrowth(grown, before, this.#rows.counts);
    if (grown.lines === 0) return;
    this.#metrics.lines.inc({ kind: 'file' }, grown.lines);
    this.#metrics.records.inc({ kind: 'file' }, grown.records);
    for (const reason in grown.rejected) this.#metrics.rejected.inc({ kind: 'file', reason }, grown.rejected[reason] ?? 0);
  }

  /** The time against which a stamp without a year is understood: now, or when an old file was last written. */
  #reference(file: FollowedFile): number {
    return referenceTime(file.mtimeMs);
  }

  /** Finds out which epoch the file is, and whether and from where it must be read. */
  async #identify(file: FollowedFile, signal: AbortSignal): Promise<void> {
    if (await file.isCompressed()) {
      await this.#readCompressed(file, signal);
      return;
    }
    await file.inspect(this.#buffer);
    await file.refresh();
    if (file.head !== null) {
      await this.#claim(file, file.head, signal);
      return;
    }
    const key = `${file.dev}:${file.ino}`;
    const state = this.#unnamed.get(key);
    this.#unnamed.delete(key);
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
    const epoch = await this.#registry.resolve(head, async (known) => {
      owner = this.#scan.files.find((other) => other !== file && other.state === 'following' && other.epoch?.id === known.id);
      if (owner !== undefined) {
        if (await sameContent(file, owner)) return true;
        // A copy of what its log held until just now says nothing about the log's new life.
        stale = !(await owner.isUnchanged());
        return stale;
      }
      const state = this.#states.get(known.id);
      if (state === undefined) return true;
      // A log cut back to a part of itself goes on as another source; a copy of a part has nothing for us.
      if (file.size < state.position) return !file.live;
      return await file.hasTail(state.position, Buffer.from(state.tail, 'base64'));
    });
    if (stale) {
      // Its owner begins anew first.
      this.#scan.hurry(false);
      return;
    }
    if (owner?.epoch?.id !== epoch.id) owner = undefined;
    this.#unnamed.delete(`${file.dev}:${file.ino}`);
    if (owner !== undefined) {
      // The longer one is followed; the other holds nothing that it does not.
      const supersedes = file.size > owner.size && (file.live || !owner.live) && owner.unread === 0;
      if (supersedes) await this.#flush(signal);
      if (!supersedes || signal.aborted || owner.waiting.length > 0) {
        file.epoch = epoch;
        file.state = 'shadow';
        file.waiting = [];
        file.comparedSize = supersedes ? -1 : file.size;
        return;
      }
      this.#remember(owner, false);
      // Should it turn out to be another log after all, it is one from its first line on.
      owner.forget();
      owner.epoch = epoch;
      owner.state = 'shadow';
      owner.comparedSize = owner.size;
    }
    const state = this.#states.get(epoch.id);
    file.epoch = epoch;
    const old = state === undefined && !file.live && file.mtimeMs <= file.since;
    if (old || (state !== undefined && file.size < state.position)) {
      // Older than droplens here and no rest of anything that was followed, or a copy that ends before what was read already.
      file.state = 'shadow';
      file.waiting = [];
      file.comparedSize = file.size;
      this.#scan.inspected(file);
      return;
    }
    file.state = 'following';
    this.#states.delete(epoch.id);
    if (state !== undefined) file.beginAt(state.position, Buffer.from(state.tail, 'base64'), state.counts, state.next);
    else if (file.cutter.offset === 0) {
      const begin = await this.#keptOf(file, head);
      const kept = head.bytes.subarray(0, begin - head.start).subarray(-256);
      if (begin > 0) file.beginAt(begin, kept, noLines(), begin + 1);
      else file.cutter.cuts = epoch.cuts;
    }
    // Without a state, what was read before the first packet line came is the epoch's beginning and stays.
    else file.cutter.cuts = epoch.cuts;
  }

  /** How much of the same file's former life it still begins with: lines that were read already. 0 for a file that was not there before. */
  async #keptOf(file: FollowedFile, head: Head): Promise<number> {
    for (const state of this.#states.values()) {
      if (state.ino !== file.ino || state.dev !== file.dev || state.firstLine !== head.firstLine || state.epoch === null)
        continue;
      const former = await this.#registry.reload(state.epoch, state.firstLine);
      if (former === undefined || former.start !== head.start) continue;
      let length = 0;
      while (length < head.bytes.length && head.bytes[length] === former.head[length]) length += 1;
      return Math.min(state.position, head.start + head.bytes.subarray(0, length).lastIndexOf(10) + 1);
    }
    return 0;
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
    // A writer may hold a deleted file for long; a renamed one is found again by its name if it grows.
    const grace = file.links === 0 ? 6 * this.#timing.graceMs : this.#timing.graceMs;
    if (performance.now() - file.lastChange < grace) return false;
    if (file.state === 'following' && file.cutter.unfinished) await this.#cutHere(file, signal);
    await this.#release(file, true, signal);
    return true;
  }

  /** An unterminated last line counts as whole, for every later reader, too. */
  async #cutHere(file: FollowedFile, signal: AbortSignal): Promise<void> {
    const { offset } = file.cutter;
    if (file.epoch === undefined) {
      file.probe.end();
      if (file.head !== null) file.epoch = await this.#registry.resolve(file.head);
    }
    if (file.epoch === undefined) return;
    file.epoch = await this.#registry.cut(file.epoch, offset);
    if (this.#filling !== file) {
      this.#collect();
      this.#filling = file;
    }
    const before = copyCounts(this.#rows.counts);
    if (!file.cutter.finish(this.#rows, this.#reference(file))) {
      await this.#flush(signal);
      file.cutter.finish(this.#rows, this.#reference(file));
    }
    this.#countLines(before);
    addGrowth(file.counts, before, this.#rows.counts);
  }

  async #release(file: FollowedFile, complete: boolean, signal: AbortSignal): Promise<void> {
    await this.#flush(signal);
    if (signal.aborted && file.waiting.length > 0) return;
    const { state } = file;
    if (state === 'following') this.#remember(file, complete);
    else if (state === 'shadow' && complete) this.#scan.inspected(file);
    if (this.#filling === file) this.#filling = undefined;
    this.#scan.drop(file);
    await file.close();
    this.#wakeShadows(file.epoch?.id);
  }

  #wakeShadows(epoch: string | undefined): void {
    for (const file of this.#scan.files) if (file.state === 'shadow' && file.epoch?.id === epoch) file.state = 'new';
  }

  /** A rotated copy in gzip: read once through, from where its plain file was left. */
  async #readCompressed(file: FollowedFile, signal: AbortSignal): Promise<void> {
    file.state = 'shadow';
    file.comparedSize = file.size;
    try {
      const probe = new HeadProbe();
      for await (const chunk of gunzipped(file.raw())) {
        probe.push(chunk, 0, chunk.length, probe.offset);
        if (probe.complete || signal.aborted) break;
      }
      if (signal.aborted) return;
      if (!probe.complete) probe.end();
      const { head } = probe;
      if (head === null) return this.#scan.inspected(file);
      const epoch = await this.#registry.resolve(head);
      file.epoch = epoch;
      // Its plain file is still being read: looked at again when that is done.
      if (this.#scan.files.some((other) => other.state === 'following' && other.epoch?.id === epoch.id)) return;
      const state = this.#states.get(epoch.id);
      if (state === undefined && file.mtimeMs <= file.since) return this.#scan.inspected(file);
      if (state?.complete !== true) {
        const damage = await damageOf(file.raw());
        if (damage !== null && (!damage.early || performance.now() - file.lastChange < this.#timing.graceMs)) throw damage;
        await this.#drain(file, epoch, state, signal);
      }
      if (!signal.aborted) this.#scan.inspected(file);
    } catch (error) {
      if (!(error instanceof GzipDamage)) throw error;
      // While it is being compressed it looks damaged, too: tried again when it has changed.
      if (performance.now() - file.lastChange < this.#timing.graceMs) return;
      this.#reporter.fail(new DroplensError('DL_IMPORT_DAMAGED', `${file.path}: ${error.message}`), { path: file.path });
      this.#scan.inspected(file);
    }
  }

  async #drain(file: FollowedFile, epoch: Epoch, state: FileState | undefined, signal: AbortSignal): Promise<void> {
    this.#states.delete(epoch.id);
    file.beginAt(state?.position ?? 0, Buffer.alloc(0), state?.counts ?? noLines(), state?.next ?? 1);
    this.#collect();
    this.#filling = file;
    const begin = file.cutter.offset;
    let base = 0;
    let tail = Buffer.from(state?.tail ?? '', 'base64');
    try {
      for await (const chunk of gunzipped(file.raw())) {
        let from = Math.min(chunk.length, Math.max(0, begin - base));
        base += chunk.length;
        while (from < chunk.length && !signal.aborted) {
          const before = copyCounts(this.#rows.counts);
          const consumed = file.cutter.push(chunk, from, chunk.length, this.#rows, this.#reference(file));
          this.#countLines(before);
          addGrowth(file.counts, before, this.#rows.counts);
          this.#metrics.bytes.inc({ kind: 'file' }, consumed - from);
          from = consumed;
          if (from < chunk.length) await this.#flush(signal);
        }
        tail = Buffer.concat([tail, chunk]).subarray(-256);
        if (signal.aborted) return;
        await this.#look();
      }
      if (file.cutter.unfinished) await this.#cutHere(file, signal);
    } finally {
      await this.#flush(signal.aborted ? AbortSignal.timeout(3_000) : signal);
      file.settle();
      const last = file.settled;
      this.#states.set(epoch.id, {
        ...stateOf(file, last === base ? tail : Buffer.alloc(0)),
        complete: !signal.aborted && last >= base && base > 0,
      });
    }
  }

  // ---- publishing ----

  /** Moves what the row buffer holds to the file it is of. */
  #collect(): void {
    const file = this.#filling;
    if (file === undefined) return;
    const block = this.#rows.take();
    if (block.rows > 0 || block.undercounts.length > 0) file.waiting.push({ block, last: file.cutter.lineStart });
  }

  #flushDue(): boolean {
    const now = performance.now();
    if (now - this.#lastFlush >= this.#timing.flushMs) return true;
    let rows = this.#rows.rows;
    let bytes = this.#rows.byteLength;
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
    this.#collect();
    this.#lastFlush = performance.now();
    const statusDue = this.#lastFlush - this.#lastStatus >= this.#timing.statusMs;
    for (const file of this.#scan.files) await this.#settleEpoch(file, signal);
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
    for (const { block } of stretches) this.#rows.recycle(block.text);
    for (const { file, last } of published) {
      file.next = last + 1;
      file.waiting = [];
    }
    await this.#save(signal);
  }

  /** Before rows are published their epoch must be known, and its head registered as far as it was read. */
  async #settleEpoch(file: FollowedFile, signal: AbortSignal): Promise<void> {
    if (file.state !== 'following') return;
    if (file.epoch === undefined) {
      const rows = file.waiting.some(({ block }) => block.rows > 0);
      // Records written in a way that has no marker: the first line that is not blank names the file.
      const head = file.head ?? (rows ? file.anyProbe.head : null);
      if (head === null) return;
      file.state = 'new';
      await this.#claim(file, head, signal);
      return;
    }
    const { head } = file;
    if (head === null || file.waiting.length === 0) return;
    const extended = await this.#registry.extend(file.epoch, head);
    if (extended === null) {
      // Two sources that began alike: this one is another than it was taken for, and is read from its start under a name of its own.
      this.#reporter.info('log file is not the one it began like', { path: file.path });
      file.forget();
    } else if (extended !== file.epoch) {
      file.epoch = extended;
      file.cutter.cuts = extended.cuts;
    }
  }

  /** Awaits a publication; while it waits for room, new files are opened, so that none is rotated away unseen. */
  async #whileScanning(published: Promise<boolean>): Promise<boolean> {
    const settled = new AbortController();
    const wake = (): void => settled.abort();
    published.then(wake, wake);
    while (!settled.signal.aborted) {
      await pause(this.#timing.pollMs, settled.signal);
      if (!settled.signal.aborted) await this.#look();
    }
    return published;
  }

  /** What is known of an open file goes back to what is known of closed ones. */
  #remember(file: FollowedFile, complete: boolean): void {
    const state = this.#stateOf(file);
    const finished = { ...state, complete };
    if (state.epoch !== null) {
      this.#states.set(state.epoch, finished);
      for (const [id, other] of this.#states) {
        if (this.#states.size <= mostStates) break;
        if (other.complete) this.#states.delete(id);
      }
    }
    if (complete) this.#scan.inspected(file);
  }

  #stateOf(file: FollowedFile): FileState {
    // With rows waiting for a name or for the transport the old place stands.
    file.settle();
    return stateOf(file, file.settledTail);
  }

  async #save(signal: AbortSignal): Promise<void> {
    const files: FileState[] = [...this.#states.values(), ...this.#unnamed.values()];
    for (const file of this.#scan.files) {
      if (file.state !== 'following') continue;
      files.push(this.#stateOf(file));
    }
    const section: Section = { files, since: this.#scan.since, inspected: this.#scan.inspectedKeys };
    const text = JSON.stringify(section);
    this.#lastSave = performance.now();
    if (text === this.#savedText) return;
    if (await this.#publisher.repeat(() => this.#checkpoint.save('file', section), signal)) this.#savedText = text;
  }

  /** Lines without packets need no publication, only now and then a checkpoint. */
  async #saveMoved(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#lastSave < this.#timing.rescanMs) return;
    this.#collect();
    await this.#save(signal);
  }
}

function stateOf(file: FollowedFile, tail: Buffer): FileState {
  return {
    epoch: file.epoch?.id ?? null,
    firstLine: file.epoch?.firstLine ?? null,
    path: file.path,
    dev: file.dev,
    ino: file.ino,
    position: file.settled,
    next: file.next,
    tail: tail.toString('base64'),
    counts: copyCounts(file.settledCounts),
    complete: false,
  };
}

/** The same beginning, and the same up to where the shorter one ends: as far as 64 KiB before it show. */
async function sameContent(a: FollowedFile, b: FollowedFile): Promise<boolean> {
  const size = Math.min(a.size, b.size);
  const from = Math.max(0, size - 64 * 1024);
  return (await a.bytesAt(from, size - from)).equals(await b.bytesAt(from, size - from));
}

/** A file's last write as reference, unless the file's time cannot be true. */
export function referenceTime(mtimeMs: number): number {
  const now = Date.now();
  return mtimeMs > Date.UTC(2001, 0) && mtimeMs < now ? mtimeMs : now;
}
