import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '@droplens/runtime';
import type { TransportMetrics } from '../metrics.ts';
import type { Backlog } from '../transport.ts';
import { Lane } from './lane.ts';
import { Wakeups } from './wakeups.ts';

/** Directories of the spool that are no lanes. */
const reserved = new Set(['quarantine', 'dead']);
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** True for what a lane may be called: a directory's name of lower-case letters, digits and dashes. */
export function isLaneName(name: string): boolean {
  return namePattern.test(name) && !reserved.has(name);
}

/** All lanes of a spool: those this process writes and those it finds. */
export class Lanes {
  readonly directory: string;
  readonly wakeups = new Wakeups();
  readonly #metrics: TransportMetrics;
  readonly #lanes = new Map<string, Lane>();

  constructor(directory: string, metrics: TransportMetrics) {
    this.directory = directory;
    this.#metrics = metrics;
  }

  /** The lane of this name, whether or not its directory exists yet. */
  lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(join(this.directory, name), name, () => this.#changed());
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  /** By name. */
  all(): Lane[] {
    return [...this.#lanes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async create(): Promise<void> {
    const made = await mkdir(this.directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(dirname(made));
  }

  /** Looks at the disk: new lanes, new files, files that are gone. A spool that does not exist yet is empty. */
  async refresh(): Promise<void> {
    const entries = await readdir(this.directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) if (entry.isDirectory() && isLaneName(entry.name)) this.lane(entry.name);
    for (const lane of this.#lanes.values()) await lane.refresh();
  }

  backlog(): Backlog {
    let files = 0;
    let bytes = 0;
    let oldest: number | null = null;
    for (const lane of this.#lanes.values()) {
      files += lane.files;
      bytes += lane.bytes;
      if (lane.head !== undefined) oldest = Math.min(oldest ?? lane.head.loadedAt, lane.head.loadedAt);
    }
    return { files, bytes, oldest };
  }

  #changed(): void {
    const { files, bytes } = this.backlog();
    this.#metrics.files.set(files);
    this.#metrics.bytes.set(bytes);
    this.wakeups.wake();
  }
}
