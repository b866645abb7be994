import { DroplensError, type Reporter } from '@droplens/runtime';
import { damageOf, GzipDamage, gunzipped } from './compressed.ts';
import type { EpochRegistry } from './epoch-registry.ts';
import type { FileMemory } from './file-memory.ts';
import type { FileReader } from './file-reader.ts';
import type { FileScan } from './file-scan.ts';
import type { FileState } from './file-state.ts';
import type { FollowedFile } from './followed-file.ts';
import { type Head, HeadProbe } from './head-probe.ts';
import { noLines } from './log-source.ts';

/** Reads rotated copies in gzip: once through, from where their plain file was left. */
export class CompressedCopies {
  readonly #scan: FileScan;
  readonly #registry: EpochRegistry;
  readonly #memory: FileMemory;
  readonly #reader: FileReader;
  readonly #reporter: Reporter;
  readonly #graceMs: number;
  /** Damaged when they were young. */
  readonly #postponed = new WeakSet<FollowedFile>();
  readonly #flush: (signal: AbortSignal) => Promise<void>;
  readonly #look: () => Promise<void>;

  constructor(options: {
    scan: FileScan;
    registry: EpochRegistry;
    memory: FileMemory;
    reader: FileReader;
    reporter: Reporter;
    /** For so long (ms) after its last change a damaged file may be one that is still being compressed. */
    graceMs: number;
    flush: (signal: AbortSignal) => Promise<void>;
    /** Called while a long copy is read, so that no file is rotated away unseen. */
    look: () => Promise<void>;
  }) {
    this.#scan = options.scan;
    this.#registry = options.registry;
    this.#memory = options.memory;
    this.#reader = options.reader;
    this.#reporter = options.reporter;
    this.#graceMs = options.graceMs;
    this.#flush = options.flush;
    this.#look = options.look;
  }

  /** Reads what is unread of `file`, which is a shadow from here on: nothing more can come of it. */
  async read(file: FollowedFile, signal: AbortSignal): Promise<void> {
    file.state = 'shadow';
    file.comparedSize = file.size;
    try {
      const head = await this.#headOf(file, signal);
      if (signal.aborted) return;
      if (head === null) return this.#scan.inspected(file);
      const epoch = await this.#registry.resolve(head);
      file.epoch = epoch;
      // Its plain file is still being read: looked at again when that is done.
      if (this.#scan.files.some((other) => other.state === 'following' && other.epoch?.id === epoch.id)) return;
      const state = this.#memory.of(epoch.id);
      if (state === undefined && file.isHistory) return this.#scan.inspected(file);
      if (state?.complete !== true) {
        const damage = await damageOf(file.raw());
        if (damage !== null && (!damage.early || this.#isYoung(file))) throw damage;
        await this.#drain(file, state, signal);
      }
      if (!signal.aborted) this.#scan.inspected(file);
    } catch (error) {
      if (!(error instanceof GzipDamage)) {
        file.state = 'new';
        throw error;
      }
      // While it is being compressed it looks damaged, too: tried again when it has changed, or has rested.
      if (this.#isYoung(file)) {
        this.#postponed.add(file);
        return;
      }
      this.#reporter.fail(new DroplensError('DL_IMPORT_DAMAGED', `${file.path}: ${error.message}`), { path: file.path });
      this.#scan.inspected(file);
    }
  }

  /** True, once, when `file` was found damaged and left for later. */
  takePostponed(file: FollowedFile): boolean {
    return this.#postponed.delete(file);
  }

  /** Lets alone what is compressed in a way that cannot be read here; says so where it may matter. */
  leave(file: FollowedFile, compression: string): void {
    file.state = 'shadow';
    file.comparedSize = file.size;
    this.#scan.inspected(file);
    if (!file.live && this.#memory.missing.length === 0) return;
    this.#reporter.warn(
      'log file is not read, for it is compressed in an unknown way: unpack it into a pipe to `droplens import -`',
      {
        path: file.path,
        compression,
      },
    );
  }

  #isYoung(file: FollowedFile): boolean {
    return performance.now() - file.lastChange < this.#graceMs;
  }

  async #headOf(file: FollowedFile, signal: AbortSignal): Promise<Head | null> {
    const probe = new HeadProbe();
    for await (const chunk of gunzipped(file.raw())) {
      probe.push(chunk, 0, chunk.length, probe.offset);
      if (probe.complete || signal.aborted) break;
    }
    if (!probe.complete) probe.end();
    return probe.head;
  }

  async #drain(file: FollowedFile, state: FileState | undefined, signal: AbortSignal): Promise<void> {
    file.beginAt(state?.position ?? 0, Buffer.alloc(0), state?.counts ?? noLines(), state?.next ?? 1);
    const begin = file.cutter.offset;
    let base = 0;
    let ended = false;
    let tail = Buffer.from(state?.tail ?? '', 'base64');
    try {
      for await (const chunk of gunzipped(file.raw())) {
        let from = Math.min(chunk.length, Math.max(0, begin - base));
        base += chunk.length;
        while (from < chunk.length && !signal.aborted) {
          from = this.#reader.push(file, chunk, from);
          if (from < chunk.length) await this.#flush(signal);
        }
        tail = Buffer.concat([tail, chunk]).subarray(-256);
        if (signal.aborted) return;
        await this.#look();
      }
      if (file.cutter.unfinished) await this.#reader.takeLast(file, () => this.#flush(signal));
      ended = true;
    } finally {
      await this.#flush(signal.aborted ? AbortSignal.timeout(3_000) : signal);
      file.settle();
      const last = file.settled;
      // A copy of a part says nothing about the rest.
      if (base >= begin || signal.aborted) {
        const complete = ended && last >= base && base > 0;
        this.#memory.keep(file.remembered(complete, last === base ? tail : Buffer.alloc(0)));
      }
    }
  }
}
