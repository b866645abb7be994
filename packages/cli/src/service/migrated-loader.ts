import { dispositionOf, Backoff, DroplensError, pause, type Component, type Reporter } from '@droplens/runtime';
import type { Loader } from '@droplens/pipeline';
import type { Store } from '@droplens/store';
import type { RetentionConfig } from '@droplens/store';

/** How often it is tried to become the loader of a spool that another process loads. */
const heldPauseMs = 1000;

/**
 * The loader of a service: begins once the tables are as this version needs them, however long the database takes to answer (lines
 * collect in the spool meanwhile), and takes over when an import that was loading has ended.
 */
export class MigratedLoader implements Component {
  readonly #store: Store;
  readonly #loader: Loader;
  readonly #retention: RetentionConfig;
  readonly #reporter: Reporter;
  readonly #onFatal: (error: unknown) => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #ready = false;

  constructor(options: {
    store: Store;
    loader: Loader;
    retention: RetentionConfig;
    reporter: Reporter;
    onFatal: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#loader = options.loader;
    this.#retention = options.retention;
    this.#reporter = options.reporter;
    this.#onFatal = options.onFatal;
  }

  /** True once batches are being loaded. */
  get ready(): boolean {
    return this.#ready;
  }

  /** A database that is wrong fails the start; one that does not answer yet is waited for behind it. */
  async start(): Promise<void> {
    const first = await this.#prepare();
    if (first !== null && dispositionOf(first) !== 'retry') throw first;
    if (first !== null) this.#reporter.fail(first);
    this.#running = this.#run(first === null).catch((error: unknown) => this.#onFatal(error));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loader.stop();
    await this.#running;
  }

  async #run(prepared: boolean): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff();
    for (let done = prepared; !done && !signal.aborted;) {
      await pause(backoff.next(), signal);
      if (signal.aborted) return;
      const error = await this.#prepare();
      done = error === null;
      if (error !== null && dispositionOf(error) !== 'retry') throw error;
      if (error !== null) this.#reporter.fail(error);
    }
    while (!signal.aborted) {
      await this.#loader.start();
      this.#ready = true;
      try {
        await this.#loader.finished;
        return;
      } catch (error) {
        if (!(error instanceof DroplensError) || error.code !== 'DL_HELD') throw error;
        await pause(heldPauseMs, signal);
      }
    }
  }

  /** Tables and retention; null when they are in place, what went wrong otherwise. */
  async #prepare(): Promise<unknown> {
    try {
      const { applied, total } = await this.#store.migrate();
      if (applied > 0) this.#reporter.info('tables created or brought up to date', { applied, total });
      await this.#store.applyRetention(this.#retention);
      return null;
    } catch (error) {
      return error;
    }
  }
}
