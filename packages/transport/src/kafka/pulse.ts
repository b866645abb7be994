import { isFenced } from './kafka-error.ts';

/** How often the client is asked for a sign of life; it sends one only when one is due. */
const everyMs = 500;

/**
 * Keeps this process a member of its group while a batch is being loaded, however long the database takes: kafkajs gives signs of life only when
 * it is asked to. `signal` aborts when the group goes on without us, when somebody calls `give`, or with `outer`.
 */
export class Pulse {
  readonly signal: AbortSignal;
  /** The broker's own word that others have taken over: kafkajs joins again when it gets this. */
  lost: unknown = null;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #abort = (): void => this.#controller.abort();
  readonly #timer: NodeJS.Timeout;

  constructor(beat: () => Promise<void>, outer: AbortSignal) {
    this.signal = this.#controller.signal;
    this.#outer = outer;
    if (outer.aborted) this.#abort();
    outer.addEventListener('abort', this.#abort, { once: true });
    this.#timer = setInterval(() => {
      beat().catch((error: unknown) => {
        // a broker that does not answer may answer again in time; the next commit will tell
        if (isFenced(error)) this.lose(error);
      });
    }, everyMs);
  }

  /** Others have taken over. */
  lose(error: unknown): void {
    this.lost ??= error;
    this.#abort();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }
}
