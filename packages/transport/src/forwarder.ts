import { pause, type Component } from '@droplens/runtime';
import type { TransportReader, TransportWriter } from './transport.ts';

/** How long `stop` waits for what is under way; what is not acknowledged then is sent again by the next process. */
const stopMs = 5000;

/**
 * Moves everything from one transport to another, in order and with the same borders: from the spool that takes what cannot wait to the brokers,
 * when they answer. What is acknowledged there is deleted here; a crash in between sends it again, and the loader cuts it.
 */
export class Forwarder implements Component {
  readonly #from: TransportReader;
  readonly #to: TransportWriter;
  readonly #onFatal: (error: unknown) => void;
  #stopping = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(options: { from: TransportReader; to: TransportWriter; onFatal: (error: unknown) => void }) {
    this.#from = options.from;
    this.#to = options.to;
    this.#onFatal = options.onFatal;
  }

  start(): Promise<void> {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#finished = this.#from
      .run(
        ({ blocks, undercounts, statuses, hosts, signal }) =>
          this.#to.append({ blocks, undercounts, statuses, hosts }, { signal }),
        stopping.signal,
      )
      .catch((error: unknown) => this.#onFatal(error));
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const waited = new AbortController();
    await Promise.race([this.#finished, pause(stopMs, waited.signal)]);
    waited.abort();
  }
}
