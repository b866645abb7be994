/** Where whole lines go; `RowWriter` of `record` is one. */
export interface LineSink {
  /**
   * Takes the whole lines in bytes[from, to), whose first byte has offset `base` in the source. Returns the index after the last line taken:
   * less than `to` only when no more fits.
   */
  write(bytes: Uint8Array, from: number, to: number, base: number, now: number): number;
  /** Takes one line without its end; false when it does not fit. */
  writeLine(bytes: Uint8Array, from: number, to: number, position: number, now: number): boolean;
}

/** Kept of a line whose end is not there yet. The parser looks at 8 KiB of a line; the rest is read, counted as its length and dropped. */
const keptBytes = 16 * 1024;
/** This many NULs in a row are a hole in the file (a truncated log whose writer kept its offset, a crash), not part of a line. */
const holeBytes = 8;
const newline = 10;

/**
 * Cuts a byte stream into lines whatever the borders of its pieces are: a line's text and position depend on the content alone, because
 * the same content is read live, again after a crash, and from a compressed copy. Holds at most 16 KiB, however long a line is.
 * Lines end with '\n', at a hole of NULs, or at a *cut*: an offset where an unterminated last line was once taken as whole.
 */
export class LineCutter {
  #offset: number;
  #lineStart: number;
  #rest = Buffer.alloc(0);
  #restLength = 0;
  /** NULs at the end of the unfinished line. */
  #nuls = 0;
  #cuts: readonly number[] = [];

  constructor(offset = 0) {
    this.#offset = offset;
    this.#lineStart = offset;
  }

  /** Offset in the source of the next byte wanted. */
  get offset(): number {
    return this.#offset;
  }

  /** Offset of the first byte that no line given away holds: where to read on after a crash. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** True when the source does not end with a whole line at `offset`. */
  get unfinished(): boolean {
    return this.#lineStart < this.#offset;
  }

  /** Offsets at which a line ends although no newline is there. */
  set cuts(cuts: readonly number[]) {
    this.#cuts = [...cuts].sort((a, b) => a - b);
  }

  /** Gives the lines of bytes[from, to) to `sink`; returns the index up to which they are consumed, less than `to` when the sink is full. */
  push(bytes: Buffer, from: number, to: number, sink: LineSink, now: number): number {
    let index = from;
    while (index < to) {
      const cut = this.#nextCut();
      if (cut === this.#offset && this.unfinished) {
        if (!this.finish(sink, now)) return index;
        continue;
      }
      let end = cut === undefined ? to : Math.min(to, index + cut - this.#offset);
      const nul = bytes.indexOf(0, index);
      if (nul === index) {
        const next = this.#nulRun(bytes, index, end, sink, now);
        if (next === index) return index;
        index = next;
        continue;
      }
      if (nul > 0 && nul < end) end = nul;
      const consumed = this.#plain(bytes, index, end, sink, now);
      if (consumed < end) return consumed;
      index = end;
    }
    const cut = this.#nextCut();
    if (cut === this.#offset && this.unfinished) this.finish(sink, now);
    return index;
  }

  /** Takes the unfinished line as a whole one, which ends at `offset`; false when the sink is full. */
  finish(sink: LineSink, now: number): boolean {
    if (!this.unfinished) return true;
    const length = this.#restLength;
    if (length > 0 && !sink.writeLine(this.#rest, 0, length, this.#offset, now)) return false;
    this.#restLength = 0;
    this.#nuls = 0;
    this.#lineStart = this.#offset;
    return true;
  }

  #nextCut(): number | undefined {
    if (this.#cuts.length === 0) return undefined;
    for (const cut of this.#cuts) if (cut >= this.#offset && cut > this.#lineStart) return cut;
    return undefined;
  }

  /** bytes[index, end) hold no NUL. */
  #plain(bytes: Buffer, index: number, end: number, sink: LineSink, now: number): number {
    let from = index;
    if (this.unfinished) {
      const found = bytes.indexOf(newline, from);
      if (found < 0 || found >= end) {
        this.#keep(bytes, from, end);
        return end;
      }
      const length = this.#restLength;
      this.#append(bytes, from, found);
      if (!sink.writeLine(this.#rest, 0, this.#restLength, this.#offset + found - from + 1, now)) {
        this.#restLength = length;
        return from;
      }
      this.#restLength = 0;
      this.#nuls = 0;
      this.#offset += found + 1 - from;
      this.#lineStart = this.#offset;
      from = found + 1;
    }
    if (from === end) return end;
    const last = bytes.lastIndexOf(newline, end - 1);
    if (last >= from) {
      const consumed = sink.write(bytes, from, last + 1, this.#offset, now);
      this.#offset += consumed - from;
      this.#lineStart = this.#offset;
      if (consumed <= last) return consumed;
      from = last + 1;
    }
    if (from < end) this.#keep(bytes, from, end);
    return end;
  }

  /** bytes[index] is NUL. Skips NULs at the start of a line; a hole within a line ends it. Returns `index` when the sink is full. */
  #nulRun(bytes: Buffer, index: number, end: number, sink: LineSink, now: number): number {
    let next = index;
    if (this.unfinished) {
      while (next < end && bytes[next] === 0 && this.#nuls + next - index < holeBytes) next += 1;
      const hole = this.#nuls + next - index === holeBytes;
      if (!hole) {
        const nuls = this.#nuls + next - index;
        this.#keep(bytes, index, next);
        this.#nuls = nuls;
        return next;
      }
      const length = this.#restLength;
      this.#restLength = Math.max(0, Math.min(length, this.#offset - this.#nuls - this.#lineStart));
      const position = this.#offset + next - index;
      if (this.#restLength > 0 && !sink.writeLine(this.#rest, 0, this.#restLength, position, now)) {
        this.#restLength = length;
        return index;
      }
      this.#restLength = 0;
      this.#nuls = 0;
    }
    next = afterNuls(bytes, next, end);
    this.#offset += next - index;
    this.#lineStart = this.#offset;
    return next;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#append(bytes, from, to);
    this.#nuls = 0;
    this.#offset += to - from;
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const wanted = Math.min(to - from, keptBytes - this.#restLength);
    if (wanted <= 0) return;
    if (this.#restLength + wanted > this.#rest.length) {
      const larger = Buffer.allocUnsafe(Math.min(keptBytes, Math.max(1024, 2 * (this.#restLength + wanted))));
      this.#rest.copy(larger, 0, 0, this.#restLength);
      this.#rest = larger;
    }
    bytes.copy(this.#rest, this.#restLength, from, from + wanted);
    this.#restLength += wanted;
  }
}

const zeros = Buffer.alloc(4096);

/** Index of the first byte of bytes[from, to) that is not NUL. A hole can be gigabytes: page by page. */
function afterNuls(bytes: Buffer, from: number, to: number): number {
  let index = from;
  while (index + zeros.length <= to && bytes.compare(zeros, 0, zeros.length, index, index + zeros.length) === 0) {
    index += zeros.length;
  }
  while (index < to && bytes[index] === 0) index += 1;
  return index;
}
