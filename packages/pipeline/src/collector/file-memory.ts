import type { Reporter } from '@droplens/runtime';
import { z } from 'zod';
import type { Checkpoint } from './checkpoint.ts';
import type { FileScan } from './file-scan.ts';
import { type FileState, fileState } from './file-state.ts';
import type { FollowedFile } from './followed-file.ts';
import type { Publisher } from './publisher.ts';

const sectionSchema = z.object({
  files: z.array(fileState),
  /** As `LogNames.history`. */
  history: z.record(z.string(), z.array(z.int())),
  /** Copies that hold nothing for us: identity, size and time of last write. */
  inspected: z.array(z.string()),
});
type Section = z.infer<typeof sectionSchema>;

/** Remembered of files that are gone. */
const mostStates = 500;

/**
 * What is known of files that are not open: how far each epoch was read, and what is still to be found of it. All of it, with what is
 * known of the open ones, is the checkpoint's section `file`.
 */
export class FileMemory {
  readonly #checkpoint: Checkpoint;
  readonly #scan: FileScan;
  readonly #publisher: Publisher;
  readonly #reporter: Reporter;
  /** Of epochs, by id, that no open file has. */
  #states = new Map<string, FileState>();
  /** Of files without a packet line, by identity. */
  #unnamed = new Map<string, FileState>();
  /** Epochs whose unread rest is looked for, each with the scan's rescans when that began. */
  #sought = new Map<string, number>();
  /** The first look is saved at once: from then on copies that are rotated away while we are down are ours to read. */
  #savedAt = -Infinity;
  #savedText = '';

  constructor(options: { checkpoint: Checkpoint; scan: FileScan; publisher: Publisher; reporter: Reporter }) {
    this.#checkpoint = options.checkpoint;
    this.#scan = options.scan;
    this.#publisher = options.publisher;
    this.#reporter = options.reporter;
  }

  /** Takes up what the checkpoint says. */
  restore(): void {
    const section: Section | undefined = this.#checkpoint.section('file', sectionSchema);
    this.#states.clear();
    this.#unnamed.clear();
    for (const state of section?.files ?? []) {
      if (state.epoch !== null) this.#states.set(state.epoch, state);
      else this.#unnamed.set(state.identity, state);
    }
    // A lost checkpoint: nothing is known, so every copy may hold something unread.
    this.#scan.restore({
      history: section?.history ?? {},
      inspected: section?.inspected ?? [],
      suspicious: this.#checkpoint.damaged,
    });
    this.#sought.clear();
  }

  /** Of an epoch that no open file has. */
  of(epoch: string): FileState | undefined {
    return this.#states.get(epoch);
  }

  /** Of all epochs that no open file has. */
  get states(): Iterable<FileState> {
    return this.#states.values();
  }

  /** An open file has the epoch now. */
  forget(epoch: string): void {
    this.#states.delete(epoch);
    this.#sought.delete(epoch);
  }

  /** What was known of `file` before it had a packet line; forgotten here. */
  takeUnnamed(file: FollowedFile): FileState | undefined {
    const state = this.#unnamed.get(file.identity);
    this.#unnamed.delete(file.identity);
    return state;
  }

  /** What is known of an open file goes back to what is known of closed ones. */
  keep(state: FileState): void {
    if (state.epoch === null) return;
    this.#states.set(state.epoch, state);
    for (const [id, other] of this.#states) {
      if (this.#states.size <= mostStates) break;
      if (other.complete || other.gone) this.#states.delete(id);
    }
  }

  /** Where the files were last that were not read to their end and are not open: they have another name now. */
  get missing(): string[] {
    const missing: string[] = [];
    for (const state of this.#states.values()) if (!state.complete && !state.gone) missing.push(state.path);
    return missing;
  }

  /** Says of logs, once, that they were rotated out of existence while nobody read them; to be called after each look. */
  giveUp(): void {
    const { files, rescans } = this.#scan;
    // By the second look at directories all that is there has been opened; it is known for what it is when no file is new.
    if (files.some((file) => file.state === 'new')) return;
    for (const [epoch, state] of this.#states) {
      if (state.complete || state.gone || files.some((file) => file.epoch?.id === epoch)) continue;
      const began = this.#sought.get(epoch) ?? rescans;
      this.#sought.set(epoch, began);
      if (rescans < began + 3 || this.#scan.isUnreadable(state.path)) continue;
      this.#states.set(epoch, { ...state, gone: true });
      this.#sought.delete(epoch);
      this.#reporter.warn('a log that was followed is gone; what was written to it after this position, if anything, is lost', {
        path: state.path,
        position: state.position,
      });
    }
  }

  /** Monotonic milliseconds since the last `save`. */
  get savedFor(): number {
    return performance.now() - this.#savedAt;
  }

  /** Makes it durable, with the open files' states; repeats what may pass until `signal` aborts. */
  async save(signal: AbortSignal): Promise<void> {
    const files: FileState[] = [...this.#states.values(), ...this.#unnamed.values()];
    for (const file of this.#scan.files) {
      if (file.state !== 'following') continue;
      file.settle();
      files.push(file.remembered(false));
    }
    const section: Section = { files, history: this.#scan.history, inspected: this.#scan.inspectedKeys };
    const text = JSON.stringify(section);
    this.#savedAt = performance.now();
    if (text === this.#savedText) return;
    if (await this.#publisher.repeat(() => this.#checkpoint.save('file', section), signal)) this.#savedText = text;
  }
}
