import type { LogSource, SourceStatus } from './log-source.ts';
import { copyCounts } from './log-source.ts';
import type { Publisher } from './publisher.ts';
import type { StreamLoad } from './stream-load.ts';
import { timedChunks } from './timed-chunks.ts';

/**
 * Lines from standard input, until it ends. Its epoch is known by its content: a program that sends the same from its beginning again after a
 * restart (`dmesg --follow`, `cat`) adds nothing twice. What is read and not yet published dies with the process.
 */
export class StdinSource implements LogSource {
  readonly kind = 'stdin';
  readonly #input: AsyncIterable<Uint8Array>;
  readonly #load: StreamLoad;
  readonly #publisher: Publisher;
  readonly #flushMs: number;
  #started = false;

  constructor(options: { input: AsyncIterable<Uint8Array>; load: StreamLoad; publisher: Publisher; flushMs: number }) {
    this.#input = options.input;
    this.#load = options.load;
    this.#publisher = options.publisher;
    this.#flushMs = options.flushMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    // What was read from it is gone: a second run after a failure can only end what the first one held.
    if (!this.#started) {
      this.#started = true;
      let last = performance.now();
      for await (const chunk of timedChunks(this.#input, this.#flushMs / 4, signal)) {
        if (chunk !== null)
          for (let from = 0; from < chunk.length; from += 256 * 1024) {
            if (!(await this.#load.push(chunk.subarray(from, from + 256 * 1024), signal))) break;
          }
        if (performance.now() - last < this.#flushMs) continue;
        last = performance.now();
        if (this.#load.waiting) await this.#load.flush(signal);
      }
    }
    if (signal.aborted) {
      await this.#load.flush(AbortSignal.timeout(3_000));
      // A read that still waits would keep the process alive.
      (this.#input as { destroy?: () => void }).destroy?.();
    } else await this.#load.end(true, signal);
  }

  status(): readonly SourceStatus[] {
    return [
      {
        kind: 'stdin',
        source: 'stdin',
        stream: this.#publisher.stream,
        epoch: this.#load.epoch,
        position: this.#load.position,
        lagBytes: Math.max(0, this.#load.received - this.#load.position),
        ...copyCounts(this.#load.counts),
        lastEvent: this.#publisher.lastEvent,
        problem: null,
      },
    ];
  }
}
