import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { compressedChunkBytes } from './compressed.ts';
import type { Epoch } from './epoch-registry.ts';
import type { FileState } from './file-state.ts';
import { type FileStats, statsOf } from './file-stats.ts';
import { type Head, HeadProbe } from './head-probe.ts';
import { LineCutter, type LineSink } from './line-cutter.ts';
import { copyCounts, type LineCounts, noLines } from './log-source.ts';
import type { TakenBlock } from './row-block.ts';

/** Kept of what was read last, to see that the file is still the one that was read: enough for most lines that are not whole yet. */
const recentBytes = 4 * 1024;
/** Of that, what is remembered between runs. */
const tailBytes = 256;
const chunkBytes = 256 * 1024;

/**
 * `new`: not looked at yet; `following`: its lines are read; `shadow`: its content is (so far) that of another file that is followed,
 * such as a copy or the same lines written twice, so it is not read; `closed`.
 */
export type FollowState = 'new' | 'following' | 'shadow' | 'closed';

/** One open log file, whatever its name is now. The descriptor is held, so renaming or deleting loses nothing. */
export class FollowedFile {
  /** As `FileStats.identity`. */
  readonly identity: string;
  path: string;
  /** Where it lay when it was opened, all links followed. */
  readonly place: string;
  /** True while a configured path leads to it. */
  live: boolean;
  state: FollowState = 'new';
  size: number;
  mtimeMs: number;
  links: number;
  /** When it last grew or lost its name, monotonic milliseconds. */
  lastChange = performance.now();
  cutter = new LineCutter();
  epoch: Epoch | undefined;
  next = 1;
  counts: LineCounts = noLines();
  /** Lines taken from it and not yet published, in order. */
  waiting: { readonly block: TakenBlock; readonly last: number }[] = [];
  /** How far its lines are durable or need not be, and how many they are: where a new run may read on. */
  settled = 0;
  settledCounts: LineCounts = noLines();
  /** Its time of last change when its end was last reached: nothing new can be there until that changes. */
  endedAtMs = -1;
  /** A rotated copy that was there before us: it is not read unless we know it. */
  isHistory = false;
  probe = new HeadProbe();
  anyProbe = new HeadProbe(true);
  /** Shadow: size when it was last compared. */
  comparedSize = -1;
  readonly #handle: FileHandle;
  #recent: Buffer = Buffer.alloc(0);
  #tail: { position: number; bytes: Buffer } = { position: 0, bytes: Buffer.alloc(0) };

  constructor(handle: FileHandle, path: string, place: string, stats: FileStats, live: boolean) {
    this.#handle = handle;
    this.path = path;
    this.place = place;
    this.identity = stats.identity;
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.links = stats.links;
    this.live = live;
  }

  /** Opens a regular file; anything else is an error whose code is that of opening (`EISDIR`, `ENOTREG` …). */
  static async open(path: string, live: boolean): Promise<FollowedFile> {
    // Without O_NONBLOCK opening a FIFO waits for its writer for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await statsOf(handle);
      if (stats.kind === 'directory') throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
      if (stats.kind !== 'file') throw Object.assign(new Error('it is no regular file'), { code: 'ENOTREG' });
      return new FollowedFile(handle, path, await realpath(path).catch(() => path), stats, live);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** What the first packet line is, or null when there is none yet. */
  get head(): Head | null {
    return this.probe.head;
  }

  get unread(): number {
    return Math.max(0, this.size - this.cutter.offset);
  }

  /** Looks at size, time and links again. */
  async refresh(): Promise<void> {
    this.note(await statsOf(this.#handle));
  }

  note(stats: FileStats): void {
    if (stats.size !== this.size || stats.mtimeMs !== this.mtimeMs) this.lastChange = performance.now();
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.links = stats.links;
  }

  /** All lines taken from it are durable, or hold nothing that must be. */
  settle(): void {
    if (this.waiting.length > 0) return;
    this.settled = this.cutter.lineStart;
    this.settledCounts = copyCounts(this.counts);
  }

  /** Begins to read at `position`; `tail` is what lies before it. */
  beginAt(position: number, tail: Buffer, counts: LineCounts, next: number): void {
    this.counts = copyCounts(counts);
    this.settledCounts = copyCounts(counts);
    this.next = next;
    this.waiting = [];
    this.endedAtMs = -1;
    this.cutter = new LineCutter(position);
    this.cutter.cuts = this.epoch?.cuts ?? [];
    this.#recent = tail;
    this.#tail = { position, bytes: tail };
    this.settled = position;
  }

  /** Everything read from it so far belongs to a life that is over: it begins anew. */
  forget(): void {
    this.state = 'new';
    this.epoch = undefined;
    this.comparedSize = -1;
    this.probe = new HeadProbe();
    this.anyProbe = new HeadProbe(true);
    this.beginAt(0, Buffer.alloc(0), noLines(), 1);
  }

  /**
   * Reads on into `buffer` and gives lines to `sink`. Returns bytes consumed (0 at the end), `full` when the sink takes no more,
   * or `changed` when what was read before is no longer there: the file was truncated and has grown again, or it was overwritten.
   */
  async read(buffer: Buffer, sink: LineSink, now: number): Promise<number | 'full' | 'changed'> {
    const overlap = this.#recent.length;
    const from = this.cutter.offset - overlap;
    const { bytesRead } = await this.#handle.read(buffer, 0, overlap + chunkBytes, from);
    if (bytesRead < overlap) return 'changed';
    if (overlap > 0 && buffer.compare(this.#recent, 0, overlap, 0, overlap) !== 0) return 'changed';
    if (bytesRead === overlap) return 0;
    // It has grown since it was looked at: what is read is there.
    this.size = Math.max(this.size, from + bytesRead);
    if (!this.#isHead(buffer, overlap, bytesRead, from + overlap)) return 'changed';
    if (!this.probe.complete) this.#show(buffer, overlap, bytesRead, from + overlap);
    const consumed = this.cutter.push(buffer, overlap, bytesRead, sink, now);
    const kept = Math.min(consumed, recentBytes);
    this.#recent = Buffer.from(buffer.subarray(consumed - kept, consumed));
    this.#keepTail();
    return consumed < bytesRead ? 'full' : consumed - overlap;
  }

  #show(buffer: Buffer, from: number, to: number, base: number): void {
    // The probes may be ahead: they have seen the file's beginning when it was opened.
    if (this.probe.offset >= base) this.probe.push(buffer, from, to, base);
    if (this.anyProbe.offset >= base) this.anyProbe.push(buffer, from, to, base);
  }

  /** What is read where the head lies must be the head: the file may have been truncated since it was inspected. */
  #isHead(buffer: Buffer, from: number, to: number, base: number): boolean {
    const { head } = this;
    if (head === null) return true;
    const begin = Math.max(base, head.start);
    const end = Math.min(base + to - from, head.start + head.bytes.length);
    if (begin >= end) return true;
    return buffer.compare(head.bytes, begin - head.start, end - head.start, from + begin - base, from + end - base) === 0;
  }

  /** Shows the probes the file from its first byte on, until they have what they want or the file ends. */
  async inspect(buffer: Buffer): Promise<void> {
    for (;;) {
      this.probe = new HeadProbe();
      this.anyProbe = new HeadProbe(true);
      while (!this.probe.complete) {
        const { offset } = this.probe;
        const { bytesRead } = await this.#handle.read(buffer, 0, chunkBytes, offset);
        if (bytesRead === 0) break;
        this.#show(buffer, 0, bytesRead, offset);
      }
      // Read in several pieces, it may be of two lives of the file: one piece must show the same.
      const { head } = this;
      if (head === null || (await this.beginsWith(head))) return;
    }
  }

  /** True while `head` is in its place. */
  async beginsWith(head: Head): Promise<boolean> {
    return (await this.bytesAt(head.start, head.bytes.length)).equals(head.bytes);
  }

  /** True while the file still is what was read of it. */
  async isUnchanged(): Promise<boolean> {
    await this.refresh();
    return this.size >= this.cutter.offset && (await this.hasTail(this.cutter.offset, this.#recent));
  }

  /** True when it and `other`, which begins alike, are the same up to where the shorter one ends: as far as 64 KiB before that show. */
  async sharesContent(other: FollowedFile): Promise<boolean> {
    const size = Math.min(this.size, other.size);
    const from = Math.max(0, size - 64 * 1024);
    return (await this.bytesAt(from, size - from)).equals(await other.bytesAt(from, size - from));
  }

  /** Its bytes in small pieces, from the first. */
  async *raw(): AsyncGenerator<Buffer> {
    for (let offset = 0; ;) {
      const bytes = await this.bytesAt(offset, compressedChunkBytes);
      if (bytes.length === 0) return;
      offset += bytes.length;
      yield bytes;
    }
  }

  /** Bytes [offset, offset + length) as far as they exist. */
  async bytesAt(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  get #settledTail(): Buffer {
    return this.#tail.position === this.settled ? this.#tail.bytes : Buffer.alloc(0);
  }

  /** Keeps what lies before the last line's end while it is at hand; a line that is not whole yet may be long. */
  #keepTail(): void {
    const { lineStart, offset } = this.cutter;
    const start = offset - this.#recent.length;
    if (lineStart <= start || lineStart === this.#tail.position) return;
    this.#tail = {
      position: lineStart,
      bytes: Buffer.from(this.#recent.subarray(Math.max(0, lineStart - start - tailBytes), lineStart - start)),
    };
  }

  /**
   * What is to be remembered of it; with rows waiting for a name or for the transport the old place stands. `tail` is what lies before
   * that place, empty (nothing to compare with) where that is not known: never looked up in the file, which may hold something else by now.
   */
  remembered(complete: boolean, tail = this.#settledTail): FileState {
    return {
      epoch: this.epoch?.id ?? null,
      firstLine: this.epoch?.firstLine ?? null,
      path: this.place,
      identity: this.identity,
      position: this.settled,
      next: this.next,
      tail: tail.toString('base64'),
      counts: copyCounts(this.settledCounts),
      complete,
      gone: false,
    };
  }

  /** True when `tail` is what lies before `position`. */
  async hasTail(position: number, tail: Buffer): Promise<boolean> {
    return tail.length === 0 || (await this.bytesAt(position - tail.length, tail.length)).equals(tail);
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    await this.#handle.close().catch(() => undefined); // a stale handle (NFS) cannot even be closed
  }
}

/** A buffer large enough for `read` and `inspect`; one serves all files that are read one after the other. */
export function readBuffer(): Buffer {
  return Buffer.allocUnsafe(recentBytes + chunkBytes);
}
