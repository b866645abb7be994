import { findEngine } from '@droplens/embedded-clickhouse';
import { Geo, importFiles, Loader, type ImportOutcome, type ImportProgress } from '@droplens/pipeline';
import { DroplensError, pause, type Reporter } from '@droplens/runtime';
import { createSpool, type Spool } from '@droplens/transport';
import { CommandError } from '../command-error.ts';
import type { Configuration } from '../config/schema.ts';
import { dataPaths } from '../data-directory.ts';
import { openStore, type OpenedStore } from '../store/open-store.ts';
import { machineIdentity } from '../service/machine-identity.ts';
import { localTimeZone } from '../time.ts';

export interface ImportSessionOptions {
  readonly config: Configuration;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Other than this machine's own, for logs that must not look like its own. */
  readonly machineId?: string;
  readonly timeZone?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * Everything that an import needs, composed by hand: a lane of its own in the spool, and the one loader of that spool: that of a running
 * `droplens up`, or one that lives as long as the import.
 */
export class ImportSession {
  readonly opened: OpenedStore;
  /** When it began, milliseconds: what it loads has a load time from then on. */
  readonly began = Date.now();
  readonly #options: ImportSessionOptions;
  readonly #spool: Spool;
  readonly #geo: Geo;
  readonly #loader: Loader;
  #loading: 'here' | 'elsewhere' = 'here';
  #failure: unknown;

  private constructor(opened: OpenedStore, options: ImportSessionOptions) {
    const { config, reporter } = options;
    this.opened = opened;
    this.#options = options;
    this.#geo = new Geo(config.geo, reporter);
    this.#spool = createSpool(dataPaths(config.data).spool, { maxBytes: config.transport.max_bytes, reporter, lane: 'import' });
    this.#loader = new Loader({
      reader: this.#spool.reader,
      store: opened.store,
      geo: this.#geo,
      reporter,
      config: config.loader,
    });
  }

  static async open(options: ImportSessionOptions): Promise<ImportSession> {
    const opened = await openStore(options.config, 'write', { reporter: options.reporter });
    if (opened === null) throw new TypeError('a store to write to is always opened');
    const session = new ImportSession(opened, options);
    try {
      await session.#start();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The process that loads what this one reads; null when this one does. */
  get loadedBy(): number | null {
    return this.#loading === 'elsewhere' ? this.opened.servedBy : null;
  }

  /** Where rows are put aside that cannot be stored. */
  get deadDirectory(): string {
    return dataPaths(this.#options.config.data).dead;
  }

  async #start(): Promise<void> {
    await this.opened.store.migrate();
    await this.#geo.start();
    await this.#spool.writer.open();
    await this.#loader.start();
    this.#loader.finished.catch((error: unknown) => {
      if (error instanceof DroplensError && error.code === 'DL_HELD') this.#loading = 'elsewhere';
      else this.#failure = error;
    });
  }

  /** Reads the files into the spool; resolves when all of them are durable there. */
  async read(files: readonly string[], onProgress: (progress: ImportProgress) => void): Promise<ImportOutcome[]> {
    const { config, reporter, signal, timeZone, host } = this.#options;
    return importFiles(files, {
      directory: dataPaths(config.data).collector,
      writer: this.#spool.writer,
      host: host ?? config.host,
      machineId: this.#options.machineId ?? (await machineIdentity(config)),
      timeZone: timeZone ?? config.parse.time_zone ?? localTimeZone(),
      actions: config.parse.actions,
      reporter,
      onProgress: (progress) => {
        if (this.#failure !== undefined) throw this.#failure;
        onProgress(progress);
      },
      signal,
    });
  }

  /**
   * Resolves when all that was read is loaded, by whoever loads; rejects when nobody will. `onWaiting` is told now and then how many bytes of
   * rows still wait.
   */
  async loaded(onWaiting: (bytes: number) => void = () => undefined): Promise<void> {
    const { signal } = this.#options;
    const done = new AbortController();
    const stop = (): void => done.abort();
    signal.addEventListener('abort', stop, { once: true });
    const drained = this.#spool.drained(done.signal);
    try {
      while (!(await settledWithin(drained, 500))) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        onWaiting((await this.#spool.refresh()).bytes);
        if (this.#loading === 'elsewhere') await this.#assertLoaderLives();
      }
      signal.throwIfAborted();
    } finally {
      done.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  async #assertLoaderLives(): Promise<void> {
    const { config } = this.#options;
    if (config.store.kind !== 'embedded' || (await findEngine(config.data)) !== null) return;
    // it may only be busy: asked twice
    await pause(1000);
    if ((await findEngine(config.data)) !== null) return;
    throw new CommandError(
      'DL_STORE_UNAVAILABLE',
      `process ${this.opened.servedBy}, which was loading, has ended; what is not loaded yet is safe in ${dataPaths(config.data).spool}`,
      'start `droplens up` again, or this import: nothing is loaded twice',
    );
  }

  async close(): Promise<void> {
    await this.#spool.writer.close();
    await this.#loader.stop();
    await this.#geo.stop();
    await this.opened.close();
  }
}

async function settledWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const waited = new AbortController();
  try {
    return await Promise.race([work.then(() => true), pause(ms, waited.signal).then(() => false)]);
  } finally {
    waited.abort();
  }
}
