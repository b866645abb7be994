import { findEngine } from '@droplens/embedded-clickhouse';
import { Geo, Loader } from '@droplens/pipeline';
import { DroplensError, pause } from '@droplens/runtime';
import { createSpool, type DeadLetters, type Spool, type TransportWriter } from '@droplens/transport';
import { CommandError } from '../command-error.ts';
import { dataPaths } from '../data-directory.ts';
import { openStore, type OpenedStore } from '../store/open-store.ts';
import type { Intake, IntakeOptions, Stored } from './intake.ts';

/**
 * Everything that storing needs on one machine, composed by hand: a lane of its own in the spool, and the one loader of that spool: that of a running
 * `droplens up`, or one that lives as long as the command.
 */
export class SpoolIntake implements Intake {
  readonly elsewhere = null;
  readonly opened: OpenedStore;
  /** When it began, milliseconds: what it loads has a load time from then on. */
  readonly #began = Date.now();
  readonly #options: IntakeOptions;
  readonly #lane: string;
  readonly #spool: Spool;
  readonly #geo: Geo;
  readonly #loader: Loader;
  #loading: 'here' | 'elsewhere' = 'here';
  #failure: unknown;

  private constructor(opened: OpenedStore, options: IntakeOptions, lane: string) {
    const { config, reporter } = options;
    this.opened = opened;
    this.#options = options;
    this.#lane = lane;
    this.#geo = new Geo(config.geo, reporter);
    this.#spool = createSpool(dataPaths(config.data).spool, { maxBytes: config.transport.max_bytes, reporter, lane });
    this.#loader = new Loader({
      reader: this.#spool.reader,
      store: opened.store,
      geo: this.#geo,
      reporter,
      config: config.loader,
    });
  }

  static async open(options: IntakeOptions, lane: string): Promise<SpoolIntake> {
    const opened = await openStore(options.config, 'write', { reporter: options.reporter });
    if (opened === null) throw new TypeError('a store to write to is always opened');
    const intake = new SpoolIntake(opened, options, lane);
    try {
      await intake.#start();
      return intake;
    } catch (error) {
      await intake.close();
      throw error;
    }
  }

  get writer(): TransportWriter {
    return this.#spool.writer;
  }
  get dead(): DeadLetters {
    return this.#spool.dead;
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

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stored(onWaiting: (bytes: number) => void = () => undefined): Promise<Stored> {
    const { signal } = this.#options;
    const done = new AbortController();
    const stop = (): void => done.abort();
    signal.addEventListener('abort', stop, { once: true });
    const drained = this.#spool.drained(done.signal);
    try {
      while (!(await settledWithin(drained, 500))) {
        signal.throwIfAborted();
        this.check();
        onWaiting((await this.#spool.refresh()).bytes);
        if (this.#loading === 'elsewhere') await this.#assertLoaderLives();
      }
      signal.throwIfAborted();
    } finally {
      done.abort();
      signal.removeEventListener('abort', stop);
    }
    return this.#outcome();
  }

  /** Asks the ledger what of it was new. */
  async #outcome(): Promise<Stored> {
    const since = `fromUnixTimestamp64Milli(${Math.floor(this.#began)}, 'UTC')`;
    const query =
      `SELECT toFloat64((SELECT sum(rows) FROM ledger WHERE source = 'spool/${this.#lane}' AND loaded_at >= ${since})) AS rows, ` +
      `toFloat64(toUnixTimestamp64Milli(min(time))) AS first, toFloat64(toUnixTimestamp64Milli(max(time))) AS last FROM drops WHERE loaded_at >= ${since}`;
    const parts: Uint8Array[] = [];
    for await (const part of this.opened.store.sql(query, 'JSONEachRow')) parts.push(part);
    const { rows, first, last } = JSON.parse(Buffer.concat(parts).toString()) as { rows: number; first: number; last: number };
    const { reasons } = await this.dead.list({ origin: `spool/${this.#lane}`, since: this.#began }, 0);
    return {
      rows,
      span: rows === 0 ? null : { first, last },
      dead: [...reasons.values()].reduce((sum, count) => sum + count, 0),
      by: this.#loading === 'elsewhere' ? this.opened.servedBy : null,
    };
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
      'start `droplens up` again, or run this once more: nothing is loaded twice',
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
