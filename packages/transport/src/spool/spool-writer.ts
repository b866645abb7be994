import { open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, DroplensError, syncDirectory } from '@droplens/runtime';
import { checkBlock } from '../block-contract.ts';
import { failpoint } from '../failpoint.ts';
import type { TransportMetrics } from '../metrics.ts';
import { batchLimits, type Append, type AppendOptions, type RowBlock, type TransportWriter } from '../transport.ts';
import { DirectoryLock } from './directory-lock.ts';
import type { Lane } from './lane.ts';
import { encodeSpoolFile } from './spool-file.ts';
import type { Wakeups } from './wakeups.ts';

/** Years in which droplens can be running: load times outside would be deleted by retention at once, or never. */
const plausible = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2100, 0, 1) };
/** A clock set back by less than this is smoothed over, so that load times grow; by more, it was wrong before. */
const smallStepMs = 60_000;
/** How often a writer that waits for room looks whether a loader of another process made some. */
const pollMs = 500;
const temporary = '.tmp';

/** Appends to one lane: temporary file, fsync, rename, fsync of the directory. Appends are done one after the other. */
export class SpoolWriter implements TransportWriter {
  readonly #lane: Lane;
  readonly #wakeups: Wakeups;
  readonly #maxBytes: number;
  readonly #metrics: TransportMetrics;
  readonly #now: () => number;
  readonly #lock: DirectoryLock;
  #opening: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: { lane: Lane; wakeups: Wakeups; maxBytes: number; metrics: TransportMetrics; now: () => number }) {
    this.#lane = options.lane;
    this.#wakeups = options.wakeups;
    this.#maxBytes = options.maxBytes;
    this.#metrics = options.metrics;
    this.#now = options.now;
    this.#lock = new DirectoryLock(join(options.lane.path, 'writer.lock'), `the spool ${options.lane.path}`);
  }

  async open(): Promise<void> {
    if (this.#closed) throw new DroplensError('DL_INTERNAL', `the spool ${this.#lane.path} was closed and is asked to open`);
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw diskError(error, 'open the spool', this.#lane.path, 'DL_TRANSPORT_UNAVAILABLE');
    });
    await this.#opening;
  }

  async append(append: Append, options: AppendOptions = {}): Promise<void> {
    const parts = split(append);
    if (parts.length === 0) return;
    await this.open();
    const previous = this.#last;
    let done: () => void = () => undefined;
    this.#last = new Promise((resolve) => (done = resolve));
    try {
      await previous;
      for (const part of parts) await this.#write(part, options);
    } finally {
      done();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeups.wake();
    await this.#opening?.catch(() => undefined);
    await this.#last;
    await this.#lock.release();
  }

  async #open(): Promise<void> {
    await this.#lane.create();
    await this.#lock.acquire();
    try {
      // Left by a writer that died before its rename: never acknowledged, so its lines come again.
      for (const name of await readdir(this.#lane.path)) {
        if (name.endsWith(temporary)) await unlink(join(this.#lane.path, name));
      }
      await this.#lane.refresh();
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
  }

  async #write(append: Append, options: AppendOptions): Promise<void> {
    const seq = this.#lane.nextSeq();
    if (seq === null) {
      throw new DroplensError(
        'DL_DATA_DIRECTORY',
        `a file in ${this.#lane.path} has the highest number there is: load or remove it`,
      );
    }
    const loadedAt = this.#loadTime();
    const { name, pieces } = encodeSpoolFile(append, seq, loadedAt);
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    await this.#room(bytes, options);
    const started = performance.now();
    await this.#place(name, pieces);
    this.#lane.add({ seq, loadedAt, file: name, bytes });
    this.#metrics.appends.inc();
    this.#metrics.rows.inc(append.blocks.reduce((sum, block) => sum + block.rows, 0));
    this.#metrics.appendSeconds.observe((performance.now() - started) / 1000);
  }

  #loadTime(): number {
    const now = this.#now();
    if (!(now >= plausible.from && now < plausible.to)) {
      const date = Number.isFinite(now) && Math.abs(now) <= 8.64e15 ? new Date(now).toISOString() : String(now);
      throw new DroplensError(
        'DL_CLOCK_IMPLAUSIBLE',
        `the clock of this machine says ${date}: nothing is taken over until it is set`,
      );
    }
    const newest = this.#lane.newestLoadedAt;
    return newest >= now && newest - now < smallStepMs ? newest + 1 : now;
  }

  /** Waits until `bytes` more fit; an empty spool takes anything. */
  async #room(bytes: number, { whenFull = 'wait', signal }: AppendOptions): Promise<void> {
    const lane = this.#lane;
    const fits = (): boolean => lane.bytes === 0 || lane.bytes + bytes <= this.#maxBytes;
    if (fits()) return;
    this.#metrics.waits.inc();
    // What a loader in another process has deleted is seen only by looking.
    await lane.refresh();
    while (!fits()) {
      if (whenFull === 'reject' || signal?.aborted === true || this.#closed) {
        const text = `the spool ${lane.path} holds ${lane.bytes} of at most ${this.#maxBytes} bytes`;
        throw new DroplensError('DL_TRANSPORT_FULL', text);
      }
      await this.#wakeups.next(pollMs, signal);
      if (!fits()) await lane.refresh();
    }
  }

  async #place(name: string, pieces: readonly Uint8Array[]): Promise<void> {
    const path = join(this.#lane.path, name);
    const temporaryPath = path + temporary;
    try {
      const file = await open(temporaryPath, 'w', 0o600);
      try {
        for (const piece of pieces) await file.writeFile(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      failpoint('afterSpoolWrite');
      await rename(temporaryPath, path);
      failpoint('afterSpoolRename');
      await syncDirectory(this.#lane.path);
    } catch (error) {
      await unlink(temporaryPath).catch(() => undefined);
      // the lane, not the file: the same words each time, so that the log says it once
      throw diskError(error, 'write', this.#lane.path, 'DL_TRANSPORT_UNAVAILABLE');
    }
  }
}

/** An append in parts that are a batch each; its status and hosts go with the last, since it speaks of what came before. */
function split(append: Append): Append[] {
  const parts: RowBlock[][] = [];
  let rows = 0;
  let bytes = 0;
  for (const block of append.blocks) {
    checkBlock(block);
    const part = parts.at(-1);
    if (part === undefined || rows + block.rows > batchLimits.rows || bytes + block.text.byteLength > batchLimits.bytes) {
      parts.push([block]);
      rows = bytes = 0;
    } else {
      part.push(block);
    }
    rows += block.rows;
    bytes += block.text.byteLength;
  }
  const { undercounts, statuses, hosts } = append;
  if (parts.length === 0 && undercounts.length + statuses.length + hosts.length > 0) parts.push([]);
  return parts.map((blocks, i) =>
    i === parts.length - 1 ? { blocks, undercounts, statuses, hosts } : { blocks, undercounts: [], statuses: [], hosts: [] },
  );
}
