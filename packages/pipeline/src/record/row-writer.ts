import {
  ActionMatcher,
  type ActionRule,
  cleanText,
  type Line,
  LineScanner,
  protocolName,
  scanned,
  type UndercountCause,
} from '@droplens/netfilter-log';
import {
  type Cells,
  cellsOf,
  copyCells,
  copyIpv4,
  copySpan,
  escapeCell,
  viewOf,
  writeFourDigits,
  writeNumber,
  writeSpan,
  writeThousandths,
} from './row-bytes.ts';
import { KnownCells } from './known-cells.ts';
import { LeadingDigits } from './leading-digits.ts';
import { noCounts, type RowCounts } from './row-counts.ts';
import { TextCache } from './text-cache.ts';

/** What the lines of a source do not say about themselves, and how much a block holds. */
export interface RowWriterOptions {
  /** For lines that name no host. */
  readonly host: string;
  /** For stamps without a zone: IANA name, `UTC` or `+02:00`; RangeError for one that is not known. Default UTC. */
  readonly timeZone?: string | undefined;
  /** Milliseconds since 1970 when the machine booted. */
  readonly bootTime?: number | undefined;
  /** Rules from prefix to action before the built-in ones. */
  readonly actions?: readonly ActionRule[] | undefined;
  /** Rows of a block at most. Default 50,000. */
  readonly maxRows?: number | undefined;
  /** Bytes of a block at most. Default 6 MiB. */
  readonly maxBytes?: number | undefined;
}

/** What was never logged, found at a position. */
export interface FoundUndercount {
  readonly position: number;
  readonly time: number;
  readonly host: string;
  readonly cause: UndercountCause;
  readonly count: number;
}

/** One row at most: a line of 8 KiB whose every byte takes six when escaped, and the numbers. */
const maxRowBytes = 64 * 1024;

const tab = 0x09;
const dot = 0x2e;
/** "0", tab, "0", tab. */
const twoZeros = 0x09300930;

/**
 * Lines in, blocks of rows out: TabSeparated text in the order of `rowColumns`. One buffer, filled by copying spans of the input; a block never
 * holds part of a repeated line. Rows do not depend on how the lines were cut into calls.
 */
export class RowWriter {
  readonly counts: RowCounts = noCounts();
  readonly #scanner: LineScanner;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  #out: Uint8Array;
  #view: DataView;
  readonly #hosts: TextCache;
  readonly #prefixes: TextCache;
  readonly #host: string;
  readonly #hostCell: Cells;
  readonly #knownHosts: KnownCells;
  readonly #knownHeads: KnownCells;
  #length = 0;
  #rows = 0;
  #undercounts: FoundUndercount[] = [];
  #spare: Uint8Array | undefined;
  /** The seconds written last, and all but the last four digits of a position. */
  readonly #second = new LeadingDigits();
  readonly #position = new LeadingDigits();

  constructor(options: RowWriterOptions) {
    this.#scanner = new LineScanner({ timeZone: options.timeZone, bootTime: options.bootTime });
    this.#maxRows = options.maxRows ?? 50_000;
    this.#maxBytes = options.maxBytes ?? 6 * 1024 * 1024;
    this.#out = new Uint8Array(this.#maxBytes + maxRowBytes);
    this.#view = viewOf(this.#out);
    const matcher = new ActionMatcher(options.actions);
    this.#hosts = new TextCache((host) => `${escapeCell(host)}\t`);
    this.#prefixes = new TextCache((prefix) => `${escapeCell(prefix)}\t${matcher.match(prefix)}\t`);
    this.#knownHosts = new KnownCells(({ bytes, hostFrom, hostTo }) => `${escapeCell(cleanText(bytes, hostFrom, hostTo))}\t`);
    this.#knownHeads = new KnownCells(({ bytes, prefixFrom, prefixTo, inFrom, inTo, outFrom, outTo }) => {
      const prefix = cleanText(bytes, prefixFrom, prefixTo);
      const interfaces = [cleanText(bytes, inFrom, inTo), cleanText(bytes, outFrom, outTo)].map(escapeCell).join('\t');
      return `${escapeCell(prefix)}\t${matcher.match(prefix)}\t${interfaces}\t`;
    });
    const host = new TextEncoder().encode(options.host);
    this.#host = cleanText(host, 0, host.length);
    this.#hostCell = cellsOf(`${escapeCell(this.#host)}\t`);
  }

  /** Rows waiting in the block. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes waiting in the block. */
  get byteLength(): number {
    return this.#length;
  }

  /** Takes up the counts of an earlier life of the process. */
  restoreCounts(counts: RowCounts): void {
    Object.assign(this.counts, counts, { rejected: { ...this.counts.rejected, ...counts.rejected } });
  }

  /**
   * Reads the whole lines, each ended by `\n`, of [from, to) of `bytes`, whose offset in the source is `base` at `from`. A row's position is
   * the source's offset of the line's end. `now` is the reference time in milliseconds. Returns the offset in `bytes` after the last line consumed: that
   * of a line not yet taken when the block is full (then `take` and call again), otherwise that of the text after the last `\n`.
   */
  write(bytes: Uint8Array, from: number, to: number, base: number, now: number): number {
    let p = from;
    while (p < to) {
      const end = bytes.indexOf(0x0a, p);
      if (end < 0 || end >= to) return p;
      if (!this.writeLine(bytes, p, end, base + (end + 1 - from), now)) return p;
      p = end + 1;
    }
    return p;
  }

  /** Reads one line, without its `\n`, of a given position. False: the block is full and nothing was consumed. */
  writeLine(bytes: Uint8Array, from: number, to: number, position: number, now: number): boolean {
    if (this.#rows >= this.#maxRows || this.#length >= this.#maxBytes || this.#undercounts.length >= this.#maxRows) return false;
    const line = this.#scanner.line;
    const counts = this.counts;
    switch (this.#scanner.scan(bytes, from, to, now)) {
      case scanned.record: {
        const start = this.#length;
        const room = this.#maxRows - this.#rows;
        this.#writeRow(line, position);
        if (line.repeated > 1) {
          const size = this.#length - start;
          const fits = Math.min(room, 1 + Math.floor((this.#maxBytes - start) / size));
          let repeated = line.repeated;
          if (repeated > fits) {
            if (start > 0) {
              this.#length = start;
              return false;
            }
            repeated = fits;
          }
          this.#repeat(start, size, repeated - 1);
          line.count += line.repeated - repeated;
          line.repeated = repeated;
        }
        this.#rows += line.repeated;
        counts.records += line.repeated;
        if (line.count > 0) this.#addUndercount(line, position);
        break;
      }
      case scanned.undercount:
        counts.undercounts++;
        this.#addUndercount(line, position);
        break;
      default:
        counts.rejected[line.reason]++;
    }
    counts.lines++;
    if (line.long) counts.longLines++;
    return true;
  }

  /** Hands over the block and starts a new one. The text is the caller's; who gives it back with `recycle` saves the next block's memory. */
  take(): { text: Uint8Array; rows: number; undercounts: FoundUndercount[] } {
    const block = { text: this.#takeText(), rows: this.#rows, undercounts: this.#undercounts };
    this.#length = 0;
    this.#rows = 0;
    this.#undercounts = [];
    return block;
  }

  /** Gives back a text that `take` returned and that nobody reads any more. */
  recycle(text: Uint8Array): void {
    if (text.buffer.byteLength === this.#out.buffer.byteLength && text.buffer !== this.#out.buffer)
      this.#spare = new Uint8Array(text.buffer);
  }

  /** A small block is copied, a large one goes with its buffer. */
  #takeText(): Uint8Array {
    if (this.#length < this.#maxBytes / 4) return this.#out.slice(0, this.#length);
    const text = this.#out.subarray(0, this.#length);
    this.#out = this.#spare ?? new Uint8Array(this.#out.length);
    this.#view = viewOf(this.#out);
    this.#spare = undefined;
    return text;
  }

  #addUndercount(line: Line, position: number): void {
    const host = line.hostTo > line.hostFrom ? cleanText(line.bytes, line.hostFrom, line.hostTo) : this.#host;
    this.#undercounts.push({ position, time: line.time, host, cause: line.cause, count: line.count });
  }

  #repeat(start: number, size: number, times: number): void {
    for (let i = 0; i < times; i++) {
      this.#out.copyWithin(this.#length, start, start + size);
      this.#length += size;
    }
  }

  /** The cells in the order of `rowColumns`. */
  #writeRow(line: Line, position: number): void {
    const out = this.#view;
    const view = line.view;
    let p = this.#writeTime(out, this.#writePosition(out, this.#length, position), line.time);
    p = this.#writeHead(line, out, p);
    if (line.family === 4) {
      p = copyIpv4(out, p, view, line.srcFrom, line.srcTo);
      out.setInt8(p++, tab);
      p = copyIpv4(out, p, view, line.dstFrom, line.dstTo);
    } else {
      p = copySpan(out, p, view, line.srcFrom, line.srcTo);
      out.setInt8(p++, tab);
      p = copySpan(out, p, view, line.dstFrom, line.dstTo);
    }
    out.setInt8(p++, tab);
    p = copyCells(out, p, (line.family === 4 ? protocols4 : protocols6)[line.proto + 1]!);
    p = writeNumber(out, p, line.srcPort);
    p = writeNumber(out, p, line.dstPort);
    p = writeNumber(out, p, line.length);
    p = writeNumber(out, p, line.ttl);
    p = writeNumber(out, p, line.id);
    p = writeNumber(out, p, line.flags);
    p = writeNumber(out, p, line.window);
    if ((line.type | line.code) === 0) {
      out.setInt32(p, twoZeros, true);
      p += 4;
    } else p = writeNumber(out, writeNumber(out, p, line.type), line.code);
    const { spans, spanCount, plain } = line;
    for (let i = 0; i < 2 * spanCount; i += 2) {
      p = plain ? copySpan(out, p, view, spans[i]!, spans[i + 1]!) : writeSpan(out, p, view, spans[i]!, spans[i + 1]!);
      out.setInt8(p++, 0x20);
    }
    // The line end takes the place of the last space.
    if (spanCount > 0) p--;
    out.setInt8(p, 0x0a);
    this.#length = p + 1;
  }

  /** Host, prefix, action, interfaces: the same in most lines, so they are copied as they were written before. */
  #writeHead(line: Line, out: DataView, at: number): number {
    const { bytes, view, knownHost, knownHead } = line;
    let p = at;
    if (knownHost !== null) p = copyCells(out, p, this.#knownHosts.of(knownHost, line));
    else
      p = copyCells(
        out,
        p,
        line.hostTo > line.hostFrom ? this.#hosts.find(bytes, view, line.hostFrom, line.hostTo) : this.#hostCell,
      );
    if (knownHead !== null) return copyCells(out, p, this.#knownHeads.of(knownHead, line));
    p = copyCells(out, p, this.#prefixes.find(bytes, view, line.prefixFrom, line.prefixTo));
    p = writeSpan(out, p, view, line.inFrom, line.inTo);
    out.setInt8(p++, tab);
    p = writeSpan(out, p, view, line.outFrom, line.outTo);
    out.setInt8(p, tab);
    return p + 1;
  }

  /** Neighbours share all but the last four digits. */
  #writePosition(out: DataView, at: number, position: number): number {
    if (position < 10_000) return writeNumber(out, at, position);
    const high = Math.floor(position / 10_000);
    const p = this.#position.write(out, at, high);
    writeFourDigits(out, p, position - high * 10_000);
    out.setInt8(p + 4, tab);
    return p + 5;
  }

  /** Seconds with three decimals; neighbours share the seconds' digits. */
  #writeTime(out: DataView, at: number, time: number): number {
    const second = Math.floor(time / 1000);
    const p = this.#second.write(out, at, second);
    out.setInt8(p, dot);
    return writeThousandths(out, p + 1, time - second * 1000);
  }
}

/** Cells of `proto` by number + 1. */
const protocols4 = Array.from({ length: 257 }, (_, i) => cellsOf(`${protocolName(i - 1, 4)}\t`));
const protocols6 = Array.from({ length: 257 }, (_, i) => cellsOf(`${protocolName(i - 1, 6)}\t`));
