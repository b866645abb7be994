import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DroplensError, type Reporter } from '@droplens/runtime';
import { FollowedFile } from './followed-file.ts';
import { expandGlob, isGlob } from './glob.ts';
import type { CollectorMetrics } from './metrics.ts';
import { isRotatedName, rotatedCopies } from './rotated-copies.ts';

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
/** Copies remembered that hold nothing for us. */
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
  readonly #patterns: readonly string[];
  readonly #metrics: CollectorMetrics;
  readonly #reporter: Reporter;
  readonly #timing: FileTiming;
  #since: Record<string, number> = {};
  #inspected = new Set<string>();
  #suspicious = false;
  #paths: string[] = [];
  /** Those of `#paths` that are rotated copies of others (a pattern such as `kern.log*` matches both): read, but not followed. */
  #copies = new Set<string>();
  #nextPoll = 0;
  #nextRescan = 0;
  #looking = false;

  constructor(options: { patterns: readonly string[]; metrics: CollectorMetrics; reporter: Reporter; timing: FileTiming }) {
    this.#patterns = [...new Set(options.patterns)];
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#timing = options.timing;
  }

  /** By pattern: rotated copies last written before this time (ms) were there before droplens. */
  get since(): Readonly<Record<string, number>> {
    return this.#since;
  }

  /** Copies that hold nothing for us: `dev:ino:size:mtime`. */
  get inspectedKeys(): string[] {
    return [...this.#inspected];
  }

  /** Takes up what an earlier run knew. With `suspicious` no copy counts as having been there before. */
  restore(known: { since: Readonly<Record<string, number>>; inspected: readonly string[]; suspicious: boolean }): void {
    this.#since = { ...known.since };
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
    for (const key of this.#inspected) {
      if (this.#inspected.size <= mostInspected) break;
      this.#inspected.delete(key);
    }
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

  /** Looks, if it is time to. `missing`: some file that was followed is not open, so also old copies are candidates. */
  async look(missing: boolean): Promise<void> {
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
    const paths = new Set<string>();
    for (const pattern of this.#patterns) {
      const matches = isGlob(pattern) ? await expandGlob(pattern) : [pattern];
      for (const path of matches) paths.add(path);
      this.#since[pattern] ??= this.#suspicious ? 0 : await newestCopy(matches);
    }
    this.#paths = [...paths];
    this.#copies = new Set(
      this.#paths.filter((path) =>
        this.#paths.some((log) => dirname(log) === dirname(path) && isRotatedName(basename(path), basename(log))),
      ),
    );
  }

  /** True when some path leads to another file than before. */
  async #lookAtPaths(): Promise<boolean> {
    let rotated = false;
    const seen = new Set<FollowedFile>();
    for (const path of this.#paths) {
      const copy = this.#copies.has(path);
      try {
        const stats = await stat(path);
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
          if (stats.size < file.cutter.offset) rotated = true;
        }
        if (!copy) seen.add(file);
        this.problems.delete(path);
      } catch (error) {
        this.sayUnreadable(path, error as NodeJS.ErrnoException);
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
  async #lookAtCopies(missing: boolean): Promise<void> {
    const known = new Set(this.#paths);
    for (const pattern of this.#patterns) {
      const since = this.#since[pattern] ?? 0;
      const logs = isGlob(pattern) ? await expandGlob(pattern) : [pattern];
      for (const log of logs) {
        for (const path of await rotatedCopies(log)) {
          if (known.has(path)) continue;
          known.add(path);
          try {
            const stats = await stat(path);
            if (!stats.isFile() || this.#inspected.has(keyOf(stats)) || this.#open(stats) !== undefined) continue;
            if (stats.mtimeMs <= since && !missing) continue;
            const file = await this.#add(path, false);
            if (file !== undefined) file.since = since;
            this.problems.delete(path);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.sayUnreadable(path, error as NodeJS.ErrnoException);
          }
        }
      }
    }
    for (const path of this.problems.keys()) if (!known.has(path)) this.problems.delete(path);
  }

  #open(stats: { dev: number; ino: number }): FollowedFile | undefined {
    return this.files.find((file) => file.ino === stats.ino && file.dev === stats.dev);
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

  /** Said once as long as it is the same. */
  sayUnreadable(path: string, error: NodeJS.ErrnoException): void {
    // A log that does not exist (yet) is no failure: it is awaited.
    const problem = error.code === 'ENOENT' ? 'does not exist' : describe(error);
    if (this.problems.get(path) === problem) return;
    this.problems.set(path, problem);
    if (error.code === 'ENOENT') {
      this.#reporter.info('log file does not exist; it is read when it appears', { path });
      return;
    }
    const failure = new DroplensError('DL_SOURCE_UNREADABLE', `cannot read ${path}: ${problem}`, { cause: error });
    this.#reporter.fail(failure, { path });
  }
}

function keyOf(file: { dev: number; ino: number; size: number; mtimeMs: number }): string {
  return `${file.dev}:${file.ino}:${file.size}:${Math.trunc(file.mtimeMs)}`;
}

async function newestCopy(paths: readonly string[]): Promise<number> {
  let newest = 0;
  for (const path of paths) {
    for (const copy of await rotatedCopies(path)) {
      const stats = await stat(copy).catch(() => undefined);
      if (stats !== undefined && stats.mtimeMs > newest) newest = stats.mtimeMs;
    }
  }
  return newest;
}

function describe(error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'EACCES':
    case 'EPERM':
      return `no permission (user ${process.getuid?.() ?? '?'})`;
    case 'EISDIR':
      return 'it is a directory; name a file in it, or a pattern such as *.log';
    case 'ENOTREG':
      return 'it is no regular file';
    case 'ELOOP':
      return 'its symbolic links go in a circle';
    default:
      return error.message;
  }
}
