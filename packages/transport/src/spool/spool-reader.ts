import { constants } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, Backoff, dispositionOf, DroplensError, pause, writeDurably, type Reporter } from '@droplens/runtime';
import { failpoint } from '../failpoint.ts';
import type { QuarantineReason, TransportMetrics } from '../metrics.ts';
import type { Append, Backlog, DeadRow, Delivery, TransportReader } from '../transport.ts';
import { buryRows } from './dead-rows.ts';
import { DirectoryLock } from './directory-lock.ts';
import type { Lane, SpoolEntry } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { moveToQuarantine } from './quarantine.ts';
import { decodeSpoolFile, longestSpoolFile, parseSpoolName } from './spool-file.ts';

/** How often an idle reader looks for what other processes have appended; what this process appends wakes it at once. */
const pollMs = 500;

/**
 * Hands over the spool's files: of each lane the lowest number first, lanes in turn. Which lane is being read is on disk before its file
 * is handed over, so after a crash the interrupted file is the first again: were another lane's file with the same lines loaded before it,
 * the ledger would not yet know what the interrupted insert has stored.
 */
export class SpoolReader implements TransportReader {
  readonly #directory: string;
  readonly #lanes: Lanes;
  readonly #metrics: TransportMetrics;
  readonly #reporter: Reporter;
  readonly #lock: DirectoryLock;
  readonly #backoff: Backoff;
  #current: string | undefined;
  #fresh = true;
  /** Grows with each run: between two of them another process may have loaded. */
  #claim = 0;

  constructor(options: { directory: string; lanes: Lanes; metrics: TransportMetrics; reporter: Reporter; backoff?: Backoff }) {
    this.#directory = options.directory;
    this.#lanes = options.lanes;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#lock = new DirectoryLock(join(options.directory, 'reader.lock'), `the spool ${options.directory}`);
    this.#backoff = options.backoff ?? new Backoff();
  }

  backlog(): Backlog {
    return this.#lanes.backlog();
  }

  async run(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await this.#persist(() => this.#open(), signal);
      while (!signal.aborted) await this.#persist(() => this.#step(handler, signal), signal);
    } finally {
      await this.#lock.release();
    }
  }

  async #open(): Promise<void> {
    await this.#lanes.create();
    if (!(await this.#lock.isHeld())) await this.#lock.acquire();
    await this.#lanes.refresh();
    this.#current = await this.#readCurrent();
    this.#fresh = true;
    this.#claim += 1;
  }

  async #step(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void> {
    const lane = this.#next();
    if (lane === undefined) await this.#idle(signal);
    else await this.#serve(lane, handler, signal);
  }

  /** Does it until nothing passing is in its way: a disk that is full here must not end the process that makes room. */
  async #persist(action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await action();
        return;
      } catch (caught) {
        const error = diskError(caught, 'read the spool', this.#directory, 'DL_TRANSPORT_UNAVAILABLE');
        if (dispositionOf(error) !== 'retry') throw error;
        this.#reporter.fail(error);
        await pause(this.#backoff.next(), signal);
        if (signal.aborted) return;
      }
    }
  }

  /** At the start the lane of the interrupted file; later the next in turn that has something. */
  #next(): Lane | undefined {
    const lanes = this.#lanes.all().filter((lane) => lane.head !== undefined);
    if (this.#fresh) {
      this.#fresh = false;
      const interrupted = lanes.find((lane) => lane.name === this.#current);
      if (interrupted !== undefined) return interrupted;
    }
    return lanes.find((lane) => lane.name > (this.#current ?? '')) ?? lanes[0];
  }

  async #idle(signal: AbortSignal): Promise<void> {
    await this.#lanes.refresh();
    for (const lane of this.#lanes.all()) {
      for (const file of lane.foreign) await this.#quarantine(lane, file, 'name', 'its name is no name of a spool file');
    }
    if (this.#lanes.backlog().files === 0) await this.#lanes.wakeups.next(pollMs, signal);
  }

  async #serve(lane: Lane, handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void> {
    const entry = lane.head as SpoolEntry;
    if (!(await this.#lock.isHeld())) {
      throw new DroplensError('DL_HELD', `the lock of the spool ${this.#directory} was removed or taken by another process`);
    }
    if (lane.name !== this.#current) {
      await this.#writeCurrent(lane.name);
      this.#current = lane.name;
    }
    const append = await this.#read(lane, entry);
    if (append === null) return;
    failpoint('afterDelivery');
    await this.#deliver(lane, entry, append, handler, signal);
  }

  async #deliver(
    lane: Lane,
    entry: SpoolEntry,
    append: Append,
    handler: (delivery: Delivery) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const delivery: Delivery = {
      ...append,
      origin: `spool/${lane.name}`,
      claim: this.#claim,
      intent: { loadedAt: entry.loadedAt, token: null },
      rebuilt: true,
      // The file is the intent: it fixes the load time, and the token follows from its rows and the ledger.
      saveIntent: () => Promise.resolve(),
      bury: (rows) => this.#bury(lane, entry, rows),
      signal,
    };
    for (;;) {
      try {
        await handler(delivery);
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (dispositionOf(error) !== 'retry') throw error;
        this.#reporter.fail(error, { file: entry.file });
        await pause(this.#backoff.next(), signal);
        if (signal.aborted) return;
      }
    }
    this.#backoff.reset();
    // Without fsync: should a power loss bring the file back, the ledger knows that it is loaded.
    await unlink(join(lane.path, entry.file));
    failpoint('afterUnlink');
    lane.remove(entry.file);
  }

  /** The file's content, or null when it was moved aside or is gone. */
  async #read(lane: Lane, entry: SpoolEntry): Promise<Append | null> {
    const path = join(lane.path, entry.file);
    const name = parseSpoolName(entry.file);
    let content: Buffer;
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const stat = await file.stat();
        if (name === null || !stat.isFile() || stat.size > longestSpoolFile) {
          await this.#quarantine(lane, entry.file, 'unreadable', 'it is no regular file of at most 32 MiB');
          return null;
        }
        content = await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP' || code === 'ENXIO') {
        await this.#quarantine(lane, entry.file, 'unreadable', 'it is no regular file');
        return null;
      }
      if (code !== 'ENOENT') throw diskError(error, 'read', path, 'DL_TRANSPORT_UNAVAILABLE');
      this.#reporter.fail(
        new DroplensError('DL_SPOOL_FILE_DAMAGED', `${path} was removed by somebody else before it was loaded`),
      );
      lane.remove(entry.file);
      return null;
    }
    const append = decodeSpoolFile(name, content);
    if (typeof append !== 'string') return append;
    await this.#quarantine(lane, entry.file, 'damaged', append);
    return null;
  }

  async #quarantine(lane: Lane, file: string, reason: QuarantineReason, why: string): Promise<void> {
    const target = await moveToQuarantine(this.#directory, lane.path, file);
    lane.remove(file);
    this.#metrics.quarantined.inc({ reason });
    const name = parseSpoolName(file);
    const lost =
      name === null ? '' : `; it held stream ${name.stream} epoch ${name.epoch} from ${name.first} to ${name.last} or more`;
    const text = `${join(lane.path, file)} is not loaded: ${why}${lost}; moved to ${target}`;
    this.#reporter.fail(new DroplensError('DL_SPOOL_FILE_DAMAGED', text));
  }

  async #bury(lane: Lane, entry: SpoolEntry, rows: readonly DeadRow[]): Promise<void> {
    const added = await buryRows(this.#directory, { lane: lane.name, file: entry.file, loadedAt: entry.loadedAt }, rows);
    this.#metrics.buried.inc(added);
  }

  async #readCurrent(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#directory, 'current'), 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #writeCurrent(lane: string): Promise<void> {
    await writeDurably(join(this.#directory, 'current'), `${lane}\n`);
  }
}
