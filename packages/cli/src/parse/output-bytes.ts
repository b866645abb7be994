import { viewOf } from '@droplens/pipeline';

/** Lines are collected in pieces of this size; a smaller one costs calls, a larger one fresh pages of memory each time. */
const pieceBytes = 64 * 1024;
/** Bytes that a UTF-16 code unit takes at most. */
const unitBytes = 3;

/**
 * Collects texts as the bytes they are written as. A line that is put together from forty parts is encoded at once, while it is young:
 * lines kept as strings until the write, and joined there, cost more to collect than to make.
 */
export class OutputBytes {
  #full: Buffer[] = [];
  #piece = Buffer.allocUnsafe(pieceBytes);
  #view = viewOf(this.#piece);
  /** Where the next byte of the piece goes. */
  length = 0;

  /** Makes room for so many bytes of the caller's own, at most a piece; he writes them from `length` on and moves it. */
  reserve(bytes: number): DataView {
    if (bytes > pieceBytes - this.length) this.#close();
    return this.#view;
  }

  add(text: string): void {
    const most = text.length * unitBytes;
    if (most > pieceBytes - this.length) {
      this.#close();
      if (most > pieceBytes) {
        this.#full.push(Buffer.from(text));
        return;
      }
    }
    this.length += this.#piece.write(text, this.length);
  }

  /** What has been added since the last time, in order. The pieces are the caller's: nothing is written over them. */
  take(): readonly Buffer[] {
    this.#close();
    const taken = this.#full;
    this.#full = [];
    return taken;
  }

  #close(): void {
    if (this.length === 0) return;
    this.#full.push(this.#piece.subarray(0, this.length));
    this.#piece = Buffer.allocUnsafe(pieceBytes);
    this.#view = viewOf(this.#piece);
    this.length = 0;
  }
}
