import type { Append, Range, TransportWriter } from '@droplens/transport';

/** A row that was stored: its line's number (LEN and ID carry it, see `packetLine`) and where it came from. */
export interface StoredRow {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  readonly number: number;
  readonly cells: readonly string[];
}

/**
 * The far end of the delivery: a transport whose rows are loaded at once, cut by a ledger of ranges exactly as the loader cuts them.
 * Survives the collectors of a test, as the database does.
 */
export class LoadedRows implements TransportWriter {
  readonly rows: StoredRow[] = [];
  readonly appends: Append[] = [];
  readonly ledger: Range[] = [];
  /** Called before each append is stored; may reject or wait. */
  before: (append: Append, signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();

  open(): Promise<void> {
    return Promise.resolve();
  }

  async append(append: Append, options?: { signal?: AbortSignal }): Promise<void> {
    await this.before(append, options?.signal);
    this.appends.push(append);
    for (const block of append.blocks) {
      const { stream, epoch, first, last } = block;
      if (!(first <= last)) throw new Error(`range ${first}..${last} of ${stream}/${epoch}`);
      const covering = this.ledger.filter((range) => range.stream === stream && range.epoch === epoch);
      const lines = Buffer.from(block.text).toString('utf8').split('\n');
      if (lines.pop() !== '') throw new Error('row text does not end with a newline');
      if (lines.length !== block.rows) throw new Error(`${lines.length} rows, ${block.rows} announced`);
      let before = 0;
      for (const line of lines) {
        const cells = line.split('\t');
        const position = Number(cells[0]);
        if (position < first || position > last || position < before)
          throw new Error(`position ${position} in ${first}..${last}`);
        before = position;
        if (covering.some((range) => range.first <= position && position <= range.last)) continue;
        this.rows.push({ stream, epoch, position, number: Number(cells[12]) * 65536 + Number(cells[14]), cells });
      }
      this.ledger.push({ stream, epoch, first, last, rows: block.rows });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Line numbers in the order they were stored. */
  get numbers(): number[] {
    return this.rows.map((row) => row.number);
  }

  get sorted(): number[] {
    return this.numbers.sort((a, b) => a - b);
  }

  /** Distinct epochs, in the order they appeared. */
  get epochs(): string[] {
    return [...new Set(this.ledger.map((range) => range.epoch))];
  }

  /** Offsets that no range of an epoch covers between its first and its last: empty when the ranges tile. */
  holes(): string[] {
    const holes: string[] = [];
    for (const epoch of this.epochs) {
      const ranges = this.ledger.filter((range) => range.epoch === epoch).sort((a, b) => a.first - b.first);
      let next = 1;
      for (const { first, last } of ranges) {
        if (first > next) holes.push(`${epoch}: ${next}..${first - 1}`);
        next = Math.max(next, last + 1);
      }
    }
    return holes;
  }
}

/** A line of the kernel's log as rsyslog writes it; `number` (up to 4 billion) travels in LEN and ID. */
export function packetLine(number: number, options: { prefix?: string; time?: string } = {}): string {
  const time = options.time ?? '2026-11-21T08:00:00.000000+00:00';
  return (
    `${time} web-1 kernel: [${(1000 + number / 1000).toFixed(6)}] ${options.prefix ?? 'denied: '}IN=eth0 OUT= ` +
    `MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=198.51.100.7 DST=192.0.2.10 LEN=${number >>> 16} TOS=0x00 PREC=0x00 TTL=244 ` +
    `ID=${number & 65535} PROTO=TCP SPT=40000 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 \n`
  );
}

/** Lines `from` to `to` (without `to`). */
export function packetLines(from: number, to: number): string {
  let text = '';
  for (let number = from; number < to; number += 1) text += packetLine(number);
  return text;
}

export function numbersTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}
