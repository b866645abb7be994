import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { statsOf } from './file-stats.ts';
import { expandGlob, isGlob } from './glob.ts';
import { RotatedCopies, rotatedFrom } from './rotated-copies.ts';

/** A name under which a rotated copy may lie. */
export interface CopyName {
  readonly path: string;
  /** True when a file last written then (ms) was there before droplens: it is read only if it is known. */
  readonly isHistory: (mtimeMs: number) => boolean;
}

/** The names of logs: what the configured patterns match now, where rotated copies of that may lie, and which of them were there before us. */
export class LogNames {
  /** What the patterns match. */
  paths: readonly string[] = [];
  readonly #patterns: readonly string[];
  readonly #matches = new Map<string, readonly string[]>();
  /** Those of `paths` that are rotated copies of others (a pattern such as `kern.log*` matches both): read, but not followed. */
  #copies = new Set<string>();
  #history = new Map<string, ReadonlySet<number>>();

  constructor(patterns: readonly string[]) {
    this.#patterns = [...new Set(patterns)];
  }

  /** By pattern: when the rotated copies that were there before droplens were last written, in seconds (compressing keeps no more of it). */
  get history(): Record<string, number[]> {
    return Object.fromEntries([...this.#history].map(([pattern, seconds]) => [pattern, [...seconds]]));
  }
  set history(history: Readonly<Record<string, readonly number[]>>) {
    this.#history = new Map(Object.entries(history).map(([pattern, seconds]) => [pattern, new Set(seconds)]));
  }

  /** Looks at the directories again. What cannot be listed is told to `unreadable`, and what was in it counts as being there still. */
  async expand(unreadable: (directory: string, error: NodeJS.ErrnoException) => void): Promise<void> {
    for (const pattern of this.#patterns) {
      if (!isGlob(pattern)) {
        this.#matches.set(pattern, [pattern]);
        continue;
      }
      const before = this.#matches.get(pattern) ?? [];
      const kept: string[] = [];
      const found = await expandGlob(pattern, (directory, error) => {
        unreadable(directory, error);
        kept.push(...before.filter((path) => path.startsWith(`${directory}/`)));
      });
      this.#matches.set(pattern, [...new Set([...found, ...kept])]);
    }
    this.paths = [...new Set([...this.#matches.values()].flat())];
    const logs = new Set(this.paths);
    const isCopy = (path: string): boolean => rotatedFrom(basename(path)).some((log) => logs.has(join(dirname(path), log)));
    this.#copies = new Set(this.paths.filter((path) => !this.#matches.has(path) && isCopy(path)));
  }

  isCopy(path: string): boolean {
    return this.#copies.has(path);
  }

  /** Takes what lies there now, for patterns that were never looked at, as history; with `suspicious` nothing is. */
  async learnHistory(suspicious: boolean): Promise<void> {
    const beside = new RotatedCopies();
    for (const [pattern, paths] of this.#matches) {
      if (this.#history.has(pattern)) continue;
      const seconds = new Set<number>();
      for (const path of suspicious ? [] : paths) {
        const places = new Set([path, await realpath(path).catch(() => path)]);
        for (const place of places)
          for (const copy of await beside.of(place)) {
            const stats = await statsOf(copy).catch(() => undefined);
            if (stats !== undefined) seconds.add(secondOf(stats.mtimeMs));
          }
      }
      this.#history.set(pattern, seconds);
    }
  }

  /**
   * Where rotated copies may lie: beside a configured name, beside what it leads to (`places`, by configured name), and, for files
   * that were `lost` from sight, at and beside the place where they were last: there only what is known is of interest.
   */
  async copies(places: ReadonlyMap<string, string>, lost: readonly string[]): Promise<CopyName[]> {
    const rotated = new RotatedCopies();
    const copies: CopyName[] = [];
    for (const [pattern, paths] of this.#matches) {
      const isHistory = (mtimeMs: number): boolean => this.#history.get(pattern)?.has(secondOf(mtimeMs)) ?? false;
      for (const log of paths) {
        for (const beside of new Set([log, places.get(log) ?? log])) {
          for (const path of await rotated.of(beside)) copies.push({ path, isHistory });
        }
      }
    }
    for (const place of new Set(lost)) {
      for (const path of [place, ...(await rotated.of(place))]) copies.push({ path, isHistory: () => true });
    }
    return copies;
  }
}

function secondOf(mtimeMs: number): number {
  return Math.floor(mtimeMs / 1000);
}
