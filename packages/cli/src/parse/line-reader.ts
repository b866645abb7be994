/** Called with one line in bytes[from, to), without its newline. */
export type OnLine = (bytes: Buffer, from: number, to: number) => void;

/** Kept of a line that spans pieces; the parser looks at less. */
const keptBytes = 128 * 1024;
const newline = 10;

/** Cuts a stream of bytes into lines. Holds at most 128 KiB, however long a line is: the rest of such a line is dropped. */
export class LineReader {
  readonly #onLine: OnLine;
  #rest: Buffer | null = null;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      if (this.#rest === null) this.#onLine(chunk, from, end);
      else {
        const line = this.#joined(chunk.subarray(from, end));
        this.#rest = null;
        this.#onLine(line, 0, line.length);
      }
      from = end + 1;
    }
    if (from < chunk.length) this.#rest = this.#joined(chunk.subarray(from));
  }

  /** A last line without its newline is a line, too. */
  end(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#onLine(rest, 0, rest.length);
  }

  #joined(piece: Buffer): Buffer {
    const before = this.#rest;
    if (before === null) return Buffer.from(piece.subarray(0, keptBytes));
    const room = keptBytes - before.length;
    return room <= 0 ? before : Buffer.concat([before, piece.subarray(0, room)]);
  }
}
