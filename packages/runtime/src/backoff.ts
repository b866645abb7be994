/** Waiting times between tries of the same thing. */
export interface BackoffOptions {
  /** First wait in milliseconds. */
  readonly initialMs: number;
  /** Longest wait in milliseconds. */
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: the n-th wait is uniform in [base/2, base], base = min(initial · 2ⁿ, max).
 * Jitter keeps a fleet from knocking at a restarted broker in step.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #tries = 0;

  constructor(options: BackoffOptions = { initialMs: 100, maxMs: 30_000 }, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** Tries since the last reset. */
  get tries(): number {
    return this.#tries;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const base = Math.min(this.#options.initialMs * 2 ** Math.min(this.#tries, 30), this.#options.maxMs);
    this.#tries += 1;
    return base / 2 + (this.#random() * base) / 2;
  }

  /** Call it after a success. */
  reset(): void {
    this.#tries = 0;
  }
}

/** Resolves after `ms`, or at once when `signal` aborts: the caller looks at the signal, nothing is thrown. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
