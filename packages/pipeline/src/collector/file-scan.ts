import { DroplensError, type Reporter } from '@droplens/runtime';
import { absent, isAbsence, problemOf } from './file-problem.ts';
import { statsOf } from './file-stats.ts';
import { FollowedFile } from './followed-file.ts';
import { LogNames } from './log-names.ts';
import type { CollectorMetrics } from './metrics.ts';

/** How often things are done, in milliseconds. */
export interface FileTiming {
  /** Between two looks at the followed files. */
  readonly pollMs: number;
  /** Between two looks at directories: new matches of a pattern, rotated copies. */
  readonly rescanMs: number;
  /** Longest that a row waits for company before it is published. */
  readonly flushMs: number;
  /** How long a file that lost its name must rest until it counts as finished. */
  readonly graceMs: number;
  /** Between two statuses of a source without rows. */
  readonly statusMs: number;
}

export const fileTiming: FileTiming = { pollMs: 250, rescanMs: 5_000, flushMs: 1_000, graceMs: 10_000, statusMs: 60_000 };

/** Without a change for so long, files are looked at less often. */
const quietMs = 10_000;
/** Copies remembered that hold nothing for us, beside those that are there. */
const mostInspected = 500;

/**
 * Which log files there are: opens what appears under the configured names and their rotated copies, sees when a name leads to another file,
 * says what cannot be read. Only opens, so that it may look while a publication waits and no file is rotated away unseen.
 */
export class FileScan {
  /** Open files, in the order they were found. */
  files: FollowedFile[] = [];
  /** Why a path cannot be read, by path. */
  readonly problems = new Map<string, string>();
  /** Looks at directories since `restore`. */
  rescans = 0;
  readonly #names: LogNames;
  readonly #metrics: CollectorMetrics;
  readonly #reporter: Reporter;
  readonly #timing: FileTiming;
  #inspected = new Set<string>();
  #suspicious = false;
  /** Directories that cannot be listed. */
  #unlisted = new Set<string>();
  /** Until when (monotonic milliseconds) a path whose file could not be read is left alone. */
  #failing = new Map<string, number>();
  /** Keys of the copies that were there at the last look. */
  #present = new Set<string>();
  #nextPoll = 0;
  #nextRescan = 0;
  #looking = false;

  constructor(options: { patterns: readonly string[]; metrics: CollectorMetrics; reporter: Reporter; timing: FileTiming }) {
    this.#names = new LogNames(options.patterns);
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#timing = options.timing;
  }

  /** As `LogNames.history`. */
  get history(): Record<string, number[]> {
    return this.#names.history;
  }

  /** Copies that hold nothing for us: identity, size and time of last write. */
  get inspectedKeys(): string[] {
    return [...this.#inspected];
  }

  /** Takes up what an earlier run knew. With `suspicious` no copy counts as having been there before. */
  restore(known: {
    history: Readonly<Record<string, readonly number[]>>;
    inspected: readonly string[];
    suspicious: boolean;
  }): void {
    this.#names.history = known.history;
    this.#inspected = new Set(known.inspected);
    this.#suspicious = known.suspicious;
    this.rescans = 0;
    this.hurry(true);
  }

  /** Milliseconds until the next look. */
  untilNext(): number {
    return Math.max(1, this.#nextPoll - performance.now());
  }

  /** The next look is at once; with `directories` it is at those, too. */
  hurry(directories: boolean): void {
    this.#nextPoll = 0;
    if (directories) this.#nextRescan = 0;
  }

  /** The file as it is now need not be opened again. */
  inspected(file: FollowedFile): void {
    this.#inspected.add(keyOf(file));
  }

  /** It is read again, and must be found again until it is done with. */
  uninspected(file: FollowedFile): void {
    this.#inspected.delete(keyOf(file));
  }

  drop(file: FollowedFile): void {
    this.files = this.files.filter((other) => other !== file);
  }

  async close(): Promise<void> {
    const { files } = this;
    this.files = [];
    for (const file of files) await file.close();
    this.#metrics.openFiles.set(0);
  }

  /** Looks, if it is time to. `missing`: where files that were followed and are not open were last; so also old copies are candidates. */
  async look(missing: readonly string[]): Promise<void> {
    const now = performance.now();
    if (this.#looking || now < this.#nextPoll) return;
    this.#looking = true;
    try {
      // A machine where nothing is logged is looked at half as often.
      const quiet = this.files.every((file) => now - file.lastChange > quietMs);
      this.#nextPoll = now + this.#timing.pollMs * (quiet ? 2 : 1);
      const rescan = now >= this.#nextRescan;
      if (rescan) await this.#expand();
      const rotated = await this.#lookAtPaths();
      if (rescan && this.rescans === 0) {
        // First the logs themselves: only when they are known it shows whether something is missing.
        this.rescans = 1;
        this.#nextPoll = 0;
      } else if (rescan || rotated) {
        this.#nextRescan = performance.now() + this.#timing.rescanMs;
        await this.#lookAtCopies(missing);
        if (rescan) this.rescans += 1;
      }
      this.#metrics.openFiles.set(this.files.length);
      this.#metrics.unreadable.set({ kind: 'file' }, this.problems.size);
      const lag = (file: FollowedFile): number => (file.state === 'shadow' ? 0 : Math.max(0, file.size - file.settled));
      this.#metrics.lagBytes.set(
        { kind: 'file' },
        this.files.reduce((sum, file) => sum + lag(file), 0),
      );
    } finally {
      this.#looking = false;
    }
  }

  async #expand(): Promise<void> {
    this.#unlisted.clear();
    await this.#names.expand((directory, error) => {
      this.#unlisted.add(directory);
      this.sayUnreadable(directory, error);
    });
    await this.#names.learnHistory(this.#suspicious);
  }

  /** True when some path leads to another file than before. */
  async #lookAtPaths(): Promise<boolean> {
    let rotated = false;
    const seen = new Set<FollowedFile>();
    this.#present.clear();
    for (const path of this.#names.paths) {
      if (this.#isFailing(path)) continue;
      const copy = this.#names.isCopy(path);
      try {
        const stats = await statsOf(path);
        if (copy) this.#present.add(keyOf(stats));
        let file = this.#open(stats);
        if (file === undefined) {
          if (copy && this.#inspected.has(keyOf(stats))) continue;
          file = await this.#add(path, !copy);
          if (file === undefined) continue;
          rotated = true;
        } else {
          file.note(stats);
          if (!seen.has(file)) file.path = path;
          if (!copy) file.live = true;
          if (file.state === 'following' && stats.size < file.cutter.offset) rotated = true;
        }
        if (!copy) seen.add(file);
        this.#sayReadable(path);
      } catch (error) {
        this.sayUnreadable(path, error as NodeJS.ErrnoException);
        if (isAbsence(error as NodeJS.ErrnoException)) continue;
        // Where it cannot be seen at the moment it has not lost its name.
        for (const file of this.files) if (file.path === path) seen.add(file);
      }
    }
    for (const file of this.files) {
      if (!file.live || seen.has(file)) continue;
      file.live = false;
      file.lastChange = performance.now();
      rotated = true;
      this.#metrics.rotations.inc();
    }
    return rotated;
  }

  /** Opens rotated copies that may hold lines we have not read. */
  async #lookAtCopies(missing: readonly string[]): Promise<void> {
    const known = new Set(this.#names.paths);
    const places = new Map(this.files.filter((file) => file.live).map((file) => [file.path, file.place]));
    for (const { path, isHistory } of await this.#names.copies(places, missing)) {
      if (known.has(path)) continue;
      known.add(path);
      if (this.#isFailing(path)) continue;
      try {
        const stats = await statsOf(path);
        const key = keyOf(stats);
        this.#present.add(key);
        if (stats.kind !== 'file' || this.#inspected.has(key) || this.#open(stats) !== undefined) continue;
        if (isHistory(stats.mtimeMs) && missing.length === 0) continue;
        const file = await this.#add(path, false);
        if (file !== undefined) file.isHistory = isHistory(file.mtimeMs);
        this.#sayReadable(path);
      } catch (error) {
        if (!isAbsence(error as NodeJS.ErrnoException)) this.sayUnreadable(path, error as NodeJS.ErrnoException);
      }
    }
    for (const path of this.problems.keys()) {
      if (known.has(path) || this.#unlisted.has(path)) continue;
      this.problems.delete(path);
      this.#failing.delete(path);
    }
    for (const key of this.#inspected) {
      if (this.#inspected.size <= mostInspected) break;
      if (!this.#present.has(key)) this.#inspected.delete(key);
    }
  }

  #open(stats: { identity: string }): FollowedFile | undefined {
    return this.files.find((file) => file.identity === stats.identity);
  }

  /** Undefined when by now the name leads to a file that is open already. */
  async #add(path: string, live: boolean): Promise<FollowedFile | undefined> {
    const file = await FollowedFile.open(path, live);
    if (this.#open(file) !== undefined) {
      await file.close();
      return undefined;
    }
    this.files.push(file);
    return file;
  }

  /** Reading the file failed (a stale handle, a bad sector): said, and tried again by its name, though not at once. */
  failed(file: FollowedFile, error: NodeJS.ErrnoException): void {
    this.sayUnreadable(file.path, error);
    this.#failing.set(file.path, performance.now() + this.#timing.rescanMs);
  }

  /** Reading the file went well. */
  succeeded(file: FollowedFile): void {
    if (this.#failing.delete(file.path)) this.problems.delete(file.path);
  }

  /** True when there is something at `path` that cannot be read at the moment. */
  isUnreadable(path: string): boolean {
    return (this.problems.get(path) ?? absent) !== absent;
  }

  #isFailing(path: string): boolean {
    return (this.#failing.get(path) ?? 0) > performance.now();
  }

  #sayReadable(path: string): void {
    if (!this.#failing.has(path)) this.problems.delete(path);
  }

  /** Said once as long as it is the same. */
  sayUnreadable(path: string, error: NodeJS.ErrnoException): void {
    // A log that does not exist (yet) is no failure: it is awaited.
    const problem = problemOf(error);
    if (this.problems.get(path) === problem) return;
    this.problems.set(path, problem);
    if (problem === absent) {
      this.#reporter.info('log file does not exist; it is read when it appears', { path });
      return;
    }
    const failure = new DroplensError('DL_SOURCE_UNREADABLE', `cannot read ${path}: ${problem}`, { cause: error });
    this.#reporter.fail(failure, { path });
  }
}

function keyOf(file: { identity: string; size: number; mtimeMs: number }): string {
  return `${file.identity}:${file.size}:${Math.trunc(file.mtimeMs)}`;
}
