import { ClickHouseError } from './clickhouse-error.ts';

/** Lets a fixed number of tasks run; the others wait in order, up to a bound. */
export class BoundedQueue {
  readonly #slots: number;
  readonly #bound: number;
  #running = 0;
  #waiting: { start(): void; drop(error: Error): void }[] = [];
  /** Called after every change of what runs and waits. */
  onChange: () => void = () => undefined;

  constructor(slots: number, bound: number) {
    this.#slots = slots;
    this.#bound = bound;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a slot; the function it resolves to gives the slot back. Rejects with 202 TOO_MANY_SIMULTANEOUS_QUERIES
   * when too many wait already, and with the signal's reason when it aborts before the start.
   */
  enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#running < this.#slots) return Promise.resolve(this.#take());
    if (this.#waiting.length >= this.#bound) {
      return Promise.reject(
        new ClickHouseError(
          202,
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `Too many simultaneous queries: ${this.#running} run, ${this.#waiting.length} wait.`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const entry = {
        start: (): void => {
          signal.removeEventListener('abort', leave);
          resolve(this.#take());
        },
        drop: (error: Error): void => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        this.onChange();
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(entry);
      this.onChange();
    });
  }

  /** Refuses everything that waits. */
  clear(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) entry.drop(error);
    this.onChange();
  }

  #take(): () => void {
    this.#running += 1;
    this.onChange();
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#running -= 1;
      this.#waiting.shift()?.start();
      this.onChange();
    };
  }
}
