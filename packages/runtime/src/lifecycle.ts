/** A part of a process: its constructor does no I/O, `start` does, `stop` undoes it and may be called twice. */
export interface Component {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts parts in order and stops them in reverse; if one fails to start, those already started are stopped
 * and the failure is thrown. A failing stop does not keep the others from stopping; the first failure is thrown at the end.
 */
export class Lifecycle implements Component {
  readonly #parts: readonly Component[];
  #started: Component[] = [];

  constructor(parts: readonly Component[]) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start();
      } catch (error) {
        await this.stop().catch(() => undefined);
        throw error;
      }
      this.#started.push(part);
    }
  }

  async stop(): Promise<void> {
    const failures: unknown[] = [];
    const parts = this.#started.reverse();
    this.#started = [];
    for (const part of parts) {
      await part.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
