import { RowWriter } from '@droplens/pipeline';
import type { ParseOptions } from '@droplens/netfilter-log';
import type { ParseCounts } from './counts.ts';

const newline = 10;
/** Kept of a line that spans pieces; the parser looks at less. */
const keptBytes = 128 * 1024;

/** Bytes of logs in, row text out: the same rows, by the same code, that a collector makes. */
export class RowTextParser {
  readonly #writer: RowWriter;
  readonly #counts: ParseCounts;
  readonly #now: number;

  constructor(options: ParseOptions & { readonly referenceTime: number }, counts: ParseCounts) {
    this.#writer = new RowWriter({ host: options.host ?? '', timeZone: options.timeZone, actions: options.actions });
    this.#counts = counts;
    this.#now = options.referenceTime;
  }

  /** Parses one input to its end; `write` gets text in order and is waited for. */
  async run(chunks: AsyncIterable<Buffer>, write: (text: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<void> {
    let rest: Buffer | null = null;
    let position = 0;
    try {
      for await (const chunk of chunks) {
        signal.throwIfAborted();
        let from = 0;
        if (rest !== null) {
          const end = chunk.indexOf(newline);
          rest = Buffer.concat(
            [rest, chunk.subarray(0, end < 0 ? chunk.length : end)].map((part) => part.subarray(0, keptBytes)),
          );
          from = end < 0 ? chunk.length : end + 1;
          if (end >= 0) {
            await this.#line(rest, position + from, write);
            rest = null;
          }
        }
        for (;;) {
          const to = this.#writer.write(chunk, from, chunk.length, position + from, this.#now);
          await this.#hand(write);
          if (to === from || to === chunk.length) {
            from = to;
            break;
          }
          from = to;
        }
        // copied: the pieces of a file share one buffer
        if (from < chunk.length) rest = Buffer.from(chunk.subarray(from, from + keptBytes));
        position += chunk.length;
      }
      if (rest !== null) await this.#line(rest, position, write);
    } finally {
      this.#count();
    }
  }

  async #line(line: Buffer, position: number, write: (text: Uint8Array) => Promise<void>): Promise<void> {
    while (!this.#writer.writeLine(line, 0, line.length, position, this.#now)) await this.#hand(write);
    await this.#hand(write);
  }

  /** Hands over what has come together; undercounts are counted. */
  async #hand(write: (text: Uint8Array) => Promise<void>): Promise<void> {
    if (this.#writer.rows === 0) return;
    const { text, rows, undercounts } = this.#writer.take();
    this.#counts.packets += rows;
    for (const { cause, count } of undercounts) this.#counts.undercounts[cause] = (this.#counts.undercounts[cause] ?? 0) + count;
    await write(text);
  }

  #count(): void {
    const { lines, rejected, undercounts, longLines } = this.#writer.counts;
    const counts = this.#counts;
    for (const { cause, count } of this.#writer.take().undercounts)
      counts.undercounts[cause] = (counts.undercounts[cause] ?? 0) + count;
    let others = undercounts;
    for (const [reason, count] of Object.entries(rejected)) {
      others += count;
      if (count > 0) counts.rejected[reason] = (counts.rejected[reason] ?? 0) + count;
    }
    counts.lines += lines;
    counts.records += lines - others;
    counts.long += longLines;
  }
}
