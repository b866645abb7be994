import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, Backoff, type Component, dispositionOf, DroplensError, pause, type Reporter } from '@droplens/runtime';
import { batchLimits, DirectoryLock, type TransportWriter } from '@droplens/transport';
import type { ActionRule } from '@droplens/netfilter-log';
import { RowWriter } from '../record/row-writer.ts';
import { Checkpoint } from './checkpoint.ts';
import type { SourceConfig } from './config.ts';
import { EpochRegistry } from './epoch-registry.ts';
import { type FileTiming, fileTiming } from './file-scan.ts';
import { FileSource } from './file-source.ts';
import { type SourceKind, streamOf } from './identity.ts';
import { JournaldSource } from './journald-source.ts';
import { KmsgSource } from './kmsg-source.ts';
import type { LogSource, SourceStatus } from './log-source.ts';
import { type CollectorMetrics, createCollectorMetrics } from './metrics.ts';
import { Publisher } from './publisher.ts';
import { SequenceLoad } from './sequence-load.ts';
import { StdinSource } from './stdin-source.ts';
import { StreamLoad } from './stream-load.ts';

export interface CollectorOptions {
  readonly sources: readonly SourceConfig[];
  /** The state directory: checkpoint, known epochs, lock. One collector at a time. */
  readonly directory: string;
  /** For lines that name no host. */
  readonly host: string;
  /** What makes this machine's streams its own: /etc/machine-id. */
  readonly machineId: string;
  readonly writer: TransportWriter;
  /**
   * For sources that cannot wait for a broker: the kernel's ring and the journal overwrite what is not read, and whoever writes to stdin would
   * stand still. Default: `writer`. Files wait where they are.
   */
  readonly buffer?: TransportWriter;
  /**
   * Rows and bytes that are read before they are published; default: a whole batch of the loader. A transport that does not keep blocks as they are
   * (Kafka) needs no large ones, and small ones need less memory.
   */
  readonly block?: { readonly rows: number; readonly bytes: number };
  readonly timeZone?: string | undefined;
  readonly actions?: readonly ActionRule[] | undefined;
  readonly reporter: Reporter;
  /** Told when a source has failed for good; without it the failure is only logged. The process should end. */
  readonly onFatal?: (error: unknown) => void;
  readonly timing?: Partial<FileTiming>;
  /** What the source `stdin` reads; default: the process's standard input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** All sources together, for the live line. */
export interface CollectorStatus {
  readonly sources: readonly SourceStatus[];
  readonly lines: number;
  readonly records: number;
  readonly lagBytes: number;
  /** Milliseconds since 1970; null before the first row. */
  readonly lastEvent: number | null;
}

/**
 * Reads every configured source into the transport: parse, publish, wait for the acknowledgement, save the checkpoint.
 * Nothing is skipped: what was not acknowledged is read again after a crash, and the ledger cuts what was stored already.
 */
export class Collector implements Component {
  readonly #options: CollectorOptions;
  readonly #reporter: Reporter;
  readonly #metrics: CollectorMetrics;
  readonly #lock: DirectoryLock;
  #sources: LogSource[] = [];
  #running: Promise<void>[] = [];
  #stopping = new AbortController();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#reporter = options.reporter;
    this.#metrics = createCollectorMetrics(options.reporter.registry);
    this.#lock = new DirectoryLock(join(options.directory, 'collector.lock'), `the collector state ${options.directory}`);
  }

  /** Takes the lock, reads the checkpoint and begins to read. A second collector on the directory is DL_HELD. */
  async start(): Promise<void> {
    const { directory, sources } = this.#options;
    if (sources.length === 0) throw new DroplensError('DL_SOURCE_MISSING', 'no log source is configured and none was found');
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw diskError(error, 'create', directory, 'DL_SOURCE_UNREADABLE');
    }
    try {
      await this.#lock.acquire();
    } catch (error) {
      throw diskError(error, 'lock', directory, 'DL_SOURCE_UNREADABLE');
    }
    try {
      const checkpoint = new Checkpoint(directory, this.#reporter);
      await checkpoint.start();
      const registry = new EpochRegistry(join(directory, 'epochs'));
      await registry.start();
      this.#sources = this.#createSources(checkpoint, registry);
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
    this.#stopping = new AbortController();
    this.#running = this.#sources.map((source) => this.#supervise(source, this.#stopping.signal));
  }

  /** Publishes what was read if the transport takes it soon, saves the checkpoint, gives the lock back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
    this.#running = [];
    await this.#lock.release();
  }

  status(): CollectorStatus {
    const sources = this.#sources.flatMap((source) => source.status());
    const events = sources.map((source) => source.lastEvent).filter((time) => time !== null);
    return {
      sources,
      lines: sources.reduce((sum, source) => sum + source.lines, 0),
      records: sources.reduce((sum, source) => sum + source.records, 0),
      lagBytes: sources.reduce((sum, source) => sum + (source.lagBytes ?? 0), 0),
      lastEvent: events.length === 0 ? null : Math.max(...events),
    };
  }

  #createSources(checkpoint: Checkpoint, registry: EpochRegistry): LogSource[] {
    const { sources, timing } = this.#options;
    const patterns = sources.flatMap((source) => ('file' in source ? [source.file] : []));
    const created: LogSource[] = [];
    const reporter = (kind: SourceKind): Reporter => this.#reporter.child(kind);
    if (patterns.length > 0) {
      created.push(
        new FileSource({
          patterns,
          registry,
          checkpoint,
          publisher: this.#publisher('file'),
          rows: () => this.#rows(),
          metrics: this.#metrics,
          reporter: reporter('file'),
          ...(timing === undefined ? {} : { timing }),
        }),
      );
    }
    const flushMs = timing?.flushMs ?? fileTiming.flushMs;
    const sequence = (kind: SourceKind): SequenceLoad =>
      new SequenceLoad({
        checkpoint,
        publisher: this.#publisher(kind),
        rows: (bootTime) => this.#rows(bootTime),
        metrics: this.#metrics,
        source: kind,
        flushMs,
      });
    if (sources.some((source) => 'journald' in source)) {
      created.push(new JournaldSource({ load: () => sequence('journald'), flushMs }));
    }
    if (sources.some((source) => 'kmsg' in source)) {
      created.push(new KmsgSource({ host: this.#options.host, load: () => sequence('kmsg') }));
    }
    if (sources.some((source) => 'stdin' in source)) {
      const publisher = this.#publisher('stdin');
      const load = new StreamLoad({
        registry,
        publisher,
        rows: this.#rows(),
        source: 'stdin',
        reference: () => Date.now(),
        metrics: this.#metrics,
      });
      created.push(new StdinSource({ input: this.#options.stdin ?? process.stdin, load, publisher, flushMs }));
    }
    return created;
  }

  #publisher(kind: SourceKind): Publisher {
    const { machineId, host, writer, buffer = writer } = this.#options;
    return new Publisher({
      stream: streamOf(machineId, kind),
      kind,
      host,
      writer: kind === 'file' ? writer : buffer,
      metrics: this.#metrics,
      reporter: this.#reporter.child(kind),
    });
  }

  #rows(bootTime?: number): RowWriter {
    const { host, timeZone, actions, block = batchLimits } = this.#options;
    // Room for the block's last row: what is published must not be larger than the transport's limit.
    return new RowWriter({
      host,
      timeZone,
      actions,
      bootTime,
      maxRows: block.rows,
      maxBytes: block.bytes - 512 * 1024,
    });
  }

  /** Runs a source again when it fails with what may pass. */
  async #supervise(source: LogSource, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 30_000 });
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await source.run(signal);
        return;
      } catch (error) {
        this.#reporter.fail(error, { kind: source.kind });
        if (dispositionOf(error) === 'fatal') {
          this.#options.onFatal?.(error);
          return;
        }
        if (performance.now() - began > 60_000) backoff.reset();
        await pause(backoff.next(), signal);
      }
    }
  }
}
