import { lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '@droplens/runtime';
import { isSeq, parseSpoolName, type SpoolName } from './spool-file.ts';

/** A file that waits to be loaded. */
export interface SpoolEntry extends Pick<SpoolName, 'seq' | 'loadedAt'> {
  readonly file: string;
  readonly bytes: number;
}

/**
 * One writer's queue: a directory of spool files, oldest first. The live collector has one lane, an import beside it another, so history does
 * not hold up what happens now. This is what the process knows of it; `refresh` looks again, for what other processes write and delete.
 */
export class Lane {
  readonly name: string;
  readonly path: string;
  readonly #changed: () => void;
  #entries: SpoolEntry[] = [];
  #foreign: ReadonlySet<string> = new Set();
  /** Removed since the refresh under way began: its listing may still show them. */
  readonly #removed = new Set<string>();
  #refreshing: Promise<void> | undefined;
  #highest = 0;
  #bytes = 0;
  #newestLoadedAt = 0;

  /** `changed` is called when a file came or went. */
  constructor(path: string, name: string, changed: () => void) {
    this.path = path;
    this.name = name;
    this.#changed = changed;
  }

  get files(): number {
    return this.#entries.length;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** The next to load. */
  get head(): SpoolEntry | undefined {
    return this.#entries[0];
  }
  /** The greatest load time seen; 0 before any. */
  get newestLoadedAt(): number {
    return this.#newestLoadedAt;
  }
  /** Names that are no spool files; the reader moves aside those that claim to be. */
  get foreign(): ReadonlySet<string> {
    return this.#foreign;
  }

  /** One more than the highest ever seen by this process: a drained lane does not use a number twice within a run. */
  nextSeq(): number | null {
    return isSeq(this.#highest + 1) ? this.#highest + 1 : null;
  }

  async create(): Promise<void> {
    const made = await mkdir(this.path, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(dirname(made));
    if (made !== undefined && made !== this.path) await syncDirectory(dirname(this.path));
  }

  /** Reads the directory again; a lane that does not exist is empty. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    this.#removed.clear();
    const names = await readdir(this.path).catch(missingIsEmpty);
    const known = new Map(this.#entries.map((entry) => [entry.file, entry]));
    const listed = new Set(names);
    const entries: SpoolEntry[] = [];
    const foreign = new Set<string>();
    for (const file of names) {
      const entry = known.get(file) ?? (await this.#look(file));
      if (entry !== null) entries.push(entry);
      else if (file.endsWith('.rows') || file.endsWith('.status')) foreign.add(file);
    }
    this.#foreign = foreign;
    this.#replace(entries, listed, known);
  }

  /** After a writer of this process has renamed a file into place. */
  add(entry: SpoolEntry): void {
    this.#note(entry);
    if (this.#entries.some((other) => other.file === entry.file)) return;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#changed();
  }

  /** After a file was deleted or moved aside. */
  remove(file: string): void {
    this.#removed.add(file);
    const index = this.#entries.findIndex((entry) => entry.file === file);
    if (index < 0) return;
    this.#bytes -= (this.#entries[index] as SpoolEntry).bytes;
    this.#entries.splice(index, 1);
    this.#changed();
  }

  #replace(entries: SpoolEntry[], listed: ReadonlySet<string>, before: ReadonlyMap<string, SpoolEntry>): void {
    entries = entries.filter((entry) => !this.#removed.has(entry.file));
    // Added by this process while the directory was being read: the listing may not show it.
    for (const entry of this.#entries) if (!before.has(entry.file) && !listed.has(entry.file)) entries.push(entry);
    entries.sort((a, b) => a.seq - b.seq || (a.file < b.file ? -1 : 1));
    const same = entries.length === this.#entries.length && entries.every((entry, i) => entry.file === this.#entries[i]?.file);
    if (same) return;
    this.#entries = entries;
    this.#bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of entries) this.#note(entry);
    this.#changed();
  }

  async #look(file: string): Promise<SpoolEntry | null> {
    const name = parseSpoolName(file);
    if (name === null) return null;
    try {
      return { seq: name.seq, loadedAt: name.loadedAt, file, bytes: (await lstat(join(this.path, file))).size };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  #note(entry: SpoolEntry): void {
    this.#highest = Math.max(this.#highest, entry.seq);
    this.#newestLoadedAt = Math.max(this.#newestLoadedAt, entry.loadedAt);
  }
}

function missingIsEmpty(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
