/** Lets several wait for the next change of something, without polling. */
export class Wakeups {
  readonly #waiting = new Set<() => void>();

  /** Something changed: everybody who waits goes on. */
  wake(): void {
    for (const go of this.#waiting) go();
  }

  /** Resolves at the next `wake`, after `ms`, or when `signal` aborts, whichever comes first. The timer keeps the process alive. */
  next(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        signal?.removeEventListener('abort', go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.#waiting.add(go);
      signal?.addEventListener('abort', go, { once: true });
    });
  }
}
