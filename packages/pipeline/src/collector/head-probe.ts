import { identityOf } from './identity.ts';

/** What every record of the kernel holds, also as the bytes of a journal's JSON array. */
const markers = [Buffer.from('SRC='), Buffer.from('83,82,67,61'), Buffer.from('83, 82, 67, 61')];
/** A line is known by its first bytes; what is further right does not make it a packet's line. */
const lineBytes = 8 * 1024;
/** This much from the first packet line on tells sources apart. */
export const headBytes = 64 * 1024;
const newline = 10;

/** The beginning of a source: what its epoch is known by. */
export interface Head {
  /** Hash of the first line that holds a packet record. */
  readonly firstLine: string;
  /** Offset of that line. */
  readonly start: number;
  /** Up to 64 KiB from `start`. */
  readonly bytes: Buffer;
}

/**
 * Watches a source from its first byte until it has the first line that holds a packet record and 64 KiB from there.
 * What counts as such a line is fixed here and depends on neither the parser's options nor the clock: the same content must have the same
 * identity in every run. Holds at most 72 KiB.
 */
export class HeadProbe {
  #offset = 0;
  /** The unfinished line while searching; from the first packet line on, the head. */
  #kept = Buffer.alloc(0);
  #lineStart = 0;
  #start: number | undefined;
  #firstLine: string | undefined;
  /** Searching: the present line is too long already to be looked at. */
  #atLineStart = true;
  readonly #anyLine: boolean;

  /** With `anyLine`, the first line that is not blank counts: for sources whose records are written in no known way. */
  constructor(anyLine = false) {
    this.#anyLine = anyLine;
  }

  /** Offset of the next byte wanted. */
  get offset(): number {
    return this.#offset;
  }

  /** True when no more bytes are wanted. */
  get complete(): boolean {
    return this.#firstLine !== undefined && this.#kept.length >= headBytes;
  }

  /** Null until the first packet line has ended. */
  get head(): Head | null {
    if (this.#firstLine === undefined || this.#start === undefined) return null;
    return { firstLine: this.#firstLine, start: this.#start, bytes: this.#kept };
  }

  /** Looks at bytes[from, to), of which bytes[from] has offset `base`; what was seen before is skipped. */
  push(bytes: Buffer, from: number, to: number, base: number): void {
    if (this.complete) return;
    const begin = from + Math.max(0, this.#offset - base);
    if (begin >= to) return;
    if (base > this.#offset) throw new RangeError(`bytes from ${base} on, but wanted from ${this.#offset} on`);
    let index = begin;
    while (index < to && this.#start === undefined) index = this.#search(bytes, index, to);
    if (index < to) this.#collect(bytes, index, to);
  }

  /** The source ends here: an unfinished line counts as whole. */
  end(): void {
    if (this.#start !== undefined) {
      this.#firstLine ??= this.#hash(this.#kept.length);
    } else if (this.#kept.length > 0 && this.#counts(this.#kept, 0, this.#kept.length)) {
      this.#start = this.#lineStart;
      this.#firstLine = this.#hash(this.#kept.length);
    }
  }

  #search(bytes: Buffer, index: number, to: number): number {
    if (this.#atLineStart && this.#kept.length === 0) {
      while (index < to && bytes[index] === 0) {
        index += 1;
        this.#offset += 1;
      }
      if (index === to) return to;
      this.#lineStart = this.#offset;
    }
    // Whole lines without a marker are skipped at once.
    let from = index;
    if (this.#atLineStart && this.#kept.length === 0) {
      const hit = this.#firstHit(bytes, index, to);
      const before = hit === index ? -1 : bytes.lastIndexOf(newline, (hit < 0 ? to : hit) - 1);
      if (before >= index) {
        this.#offset += before + 1 - index;
        return before + 1;
      }
    }
    const found = bytes.indexOf(newline, from);
    const end = found < 0 || found >= to ? to : found;
    const room = lineBytes - this.#kept.length;
    if (room > 0) this.#kept = Buffer.concat([this.#kept, bytes.subarray(from, Math.min(end, from + room))]);
    if (this.#counts(this.#kept, 0, this.#kept.length)) {
      // The head is collected from this line's start: whole if all of the line is kept.
      this.#start = this.#lineStart;
      const kept = Math.min(end - from, Math.max(room, 0));
      this.#offset += kept;
      return from + kept;
    }
    this.#offset += end - from;
    from = end;
    if (end < to) {
      this.#offset += 1;
      this.#kept = Buffer.alloc(0);
      this.#atLineStart = true;
      return end + 1;
    }
    this.#atLineStart = false;
    return to;
  }

  #firstHit(bytes: Buffer, from: number, to: number): number {
    if (this.#anyLine) return from;
    let first = -1;
    for (const marker of markers) {
      const hit = bytes.indexOf(marker, from);
      if (hit >= 0 && hit < to && (first < 0 || hit < first)) first = hit;
    }
    return first;
  }

  #counts(line: Buffer, from: number, to: number): boolean {
    if (this.#anyLine) return line.subarray(from, to).some((byte) => byte > 32);
    return markers.some((marker) => {
      const hit = line.indexOf(marker, from);
      return hit >= 0 && hit + marker.length <= to;
    });
  }

  #collect(bytes: Buffer, index: number, to: number): void {
    const end = Math.min(to, index + headBytes - this.#kept.length);
    this.#kept = Buffer.concat([this.#kept, bytes.subarray(index, end)]);
    this.#offset += end - index;
    if (this.#firstLine !== undefined) return;
    const found = this.#kept.indexOf(newline);
    if (found >= 0) this.#firstLine = this.#hash(found);
    else if (this.#kept.length >= lineBytes) this.#firstLine = this.#hash(lineBytes);
  }

  #hash(end: number): string {
    return identityOf('line', this.#kept.subarray(0, Math.min(end, lineBytes)));
  }
}
