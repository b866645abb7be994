import { type Cells, cellsOf, flagNames } from '@droplens/pipeline';
import {
  LineScanner,
  type NetfilterRecord,
  type ParseOptions,
  type RejectReason,
  scanned,
  type Undercount,
} from '@droplens/netfilter-log';
import type { ParseCommandOptions } from '../commands/parse.ts';
import { csvLine, ndjsonLine } from '../output/row-format.ts';
import { wantedPort } from '../query/port-text.ts';
import { absoluteTime } from '../terminal/numbers.ts';
import { table, type Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { JsonRows } from './json-rows.ts';
import { OutputBytes } from './output-bytes.ts';
import { RecordLine } from './record-line.ts';

/** Where parsed lines go: collects synchronously, writes when flushed. */
export interface ParseOutput {
  readonly wantsRejected: boolean;
  /** Writes the line [from, to) of `bytes` when it is one packet that needs no record to be written; false: parse it. */
  takes?(file: string, line: number, bytes: Uint8Array, from: number, to: number): boolean;
  record(file: string, line: number, record: NetfilterRecord): void;
  rejected(file: string, line: number, reason: RejectReason, text: string): void;
  undercount(file: string, line: number, undercount: Undercount): void;
  /** Writes what has come together, when it is enough. */
  flush(): Promise<void>;
  end(): Promise<void>;
}

/** The output that the options ask for. `several`: rows say which file they are from. */
export function createOutput(
  terminal: Terminal,
  options: ParseCommandOptions,
  parsing: ParseOptions & { readonly referenceTime: number },
  several: boolean,
): ParseOutput {
  if (options.format === 'table') return new TableOutput(terminal, options, several);
  if (options.format === 'ndjson' && (options.rejected !== true || options.all === true))
    return new PacketLines(terminal, options, several, parsing);
  return new LineOutput(terminal, options, several);
}

const csvColumns = [
  'line', 'time', 'host', 'prefix', 'action', 'direction', 'in_iface', 'out_iface', 'src', 'dst', 'proto', 'src_port', 'dst_port', 'length',
  'ttl', 'ip_id', 'tcp_flags', 'window', 'icmp_type', 'icmp_code', 'extra',
] as const; // prettier-ignore
const rejectedColumns = ['line', 'reason', 'text'] as const;

/** NDJSON or CSV: a line of output for each. */
class LineOutput implements ParseOutput {
  readonly wantsRejected: boolean;
  readonly #terminal: Terminal;
  readonly #options: ParseCommandOptions;
  readonly #several: boolean;
  readonly #recordLine = new RecordLine();
  protected readonly bytes = new OutputBytes();

  constructor(terminal: Terminal, options: ParseCommandOptions, several: boolean) {
    this.#terminal = terminal;
    this.#options = options;
    this.#several = several;
    this.wantsRejected = options.rejected === true || options.all === true;
    if (options.format === 'csv') {
      const columns = options.rejected === true ? rejectedColumns : csvColumns;
      this.bytes.add(csvLine(several ? ['file', ...columns] : columns, terminal.interactive));
    }
  }

  record(file: string, line: number, record: NetfilterRecord): void {
    if (this.#options.rejected === true && this.#options.all !== true) return;
    if (this.#options.format === 'csv') {
      const values: Record<string, unknown> = {
        ...record,
        line,
        time: new Date(record.time).toISOString(),
        tcp_flags: flagNames(record.tcp_flags).join(' '),
      };
      this.#csv(
        file,
        csvColumns.map((column) => values[column]),
      );
    } else this.bytes.add(`${this.opening(file, 'packet')}${line},${this.#recordLine.textOf(record)}`);
  }

  rejected(file: string, line: number, reason: RejectReason, text: string): void {
    if (this.#options.format === 'csv') this.#csv(file, [line, reason, text]);
    else this.#json(file, line, 'rejected', { reason, text });
  }

  undercount(file: string, line: number, { cause, count, time, host }: Undercount): void {
    if (this.#options.all === true)
      this.#json(file, line, 'undercount', { time: new Date(time).toISOString(), host, cause, count });
  }

  async flush(): Promise<void> {
    for (const piece of this.bytes.take()) await this.#terminal.write(piece);
  }

  end(): Promise<void> {
    return this.flush();
  }

  #json(file: string, line: number, kind: string, fields: object): void {
    this.bytes.add(`${this.opening(file, kind)}${line},${ndjsonLine(fields).slice(1)}`);
  }

  /** How an object begins, up to the line's number; put together as text, not as an object: three times faster. */
  protected opening(file: string, kind: string): string {
    const kindPart = this.#options.all === true ? `"kind":"${kind}",` : '';
    const filePart = this.#several ? `"file":${JSON.stringify(file)},` : '';
    return `{${kindPart}${filePart}"line":`;
  }

  #csv(file: string, values: readonly unknown[]): void {
    this.bytes.add(csvLine(this.#several ? [file, ...values] : values, this.#terminal.interactive));
  }
}

/** Packets as NDJSON: most of them straight from the line, without a record. */
class PacketLines extends LineOutput {
  readonly #scanner: LineScanner;
  readonly #referenceTime: number;
  readonly #rows: JsonRows;
  #file: string | undefined;
  #openingCells: Cells = cellsOf('');

  constructor(
    terminal: Terminal,
    options: ParseCommandOptions,
    several: boolean,
    parsing: ParseOptions & { readonly referenceTime: number },
  ) {
    super(terminal, options, several);
    this.#scanner = new LineScanner(parsing);
    this.#referenceTime = parsing.referenceTime;
    this.#rows = new JsonRows(parsing.host ?? '');
  }

  takes(file: string, number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { line } = this.#scanner;
    if (this.#scanner.scan(bytes, from, to, this.#referenceTime) !== scanned.record) return false;
    if (line.repeated !== 1 || line.count > 0 || line.long) return false;
    if (file !== this.#file) {
      this.#file = file;
      this.#openingCells = cellsOf(this.opening(file, 'packet'));
    }
    return this.#rows.write(line, this.#openingCells, number, this.bytes);
  }
}

interface TableRow {
  readonly file: string;
  readonly line: number;
  readonly record?: NetfilterRecord;
  readonly reason?: string;
  readonly text?: string;
}

/** So many rows are laid out together; memory does not grow with the input. */
const tableRows = 500;

/** A table, laid out anew every some hundred rows. */
class TableOutput implements ParseOutput {
  readonly wantsRejected: boolean;
  readonly #terminal: Terminal;
  readonly #columns: readonly Column<TableRow>[];
  #rows: TableRow[] = [];

  constructor(terminal: Terminal, options: ParseCommandOptions, several: boolean) {
    this.#terminal = terminal;
    this.wantsRejected = options.rejected === true;
    const file: readonly Column<TableRow>[] = several
      ? [{ header: 'file', cell: (row) => row.file, shrinkTo: 8, leaves: 9 }]
      : [];
    this.#columns = [...file, ...(this.wantsRejected ? rejectedTable : recordTable(options.utc === true))];
  }

  record(file: string, line: number, record: NetfilterRecord): void {
    if (!this.wantsRejected) this.#rows.push({ file, line, record });
  }
  rejected(file: string, line: number, reason: RejectReason, text: string): void {
    this.#rows.push({ file, line, reason, text });
  }
  undercount(): void {
    // counted on stderr
  }

  async flush(): Promise<void> {
    while (this.#rows.length >= tableRows) await this.#write(this.#rows.splice(0, tableRows));
  }

  async end(): Promise<void> {
    await this.flush();
    if (this.#rows.length > 0) await this.#write(this.#rows.splice(0));
  }

  #write(rows: readonly TableRow[]): Promise<void> {
    return this.#terminal.write(table(this.#columns, rows, { width: this.#terminal.columns, paint: this.#terminal.paint }));
  }
}

const rejectedTable: readonly Column<TableRow>[] = [
  { header: 'line', cell: (row) => String(row.line), align: 'right' },
  { header: 'reason', cell: (row) => row.reason ?? '', tone: 'warn' },
  { header: 'text', cell: (row) => row.text ?? '', shrinkTo: 10 },
];

function recordTable(utc: boolean): readonly Column<TableRow>[] {
  const of = (cell: (record: NetfilterRecord) => string) => (row: TableRow) => (row.record === undefined ? '' : cell(row.record));
  return [
    { header: 'line', cell: (row) => String(row.line), align: 'right', leaves: 4 },
    { header: 'time', cell: of((record) => absoluteTime(record.time, utc)), leaves: 2 },
    { header: 'host', cell: of((record) => record.host), shrinkTo: 6, leaves: 7 },
    { header: 'prefix', cell: of((record) => record.prefix), shrinkTo: 6, leaves: 3 },
    { header: 'action', cell: of((record) => record.action), leaves: 6 },
    { header: 'direction', cell: of((record) => record.direction), leaves: 8 },
    { header: 'source', cell: of((record) => record.src) },
    { header: 'destination', cell: of((record) => record.dst), leaves: 5 },
    { header: 'port', cell: of(wantedPort) },
    { header: 'flags', cell: of((record) => flagNames(record.tcp_flags).join(' ')), shrinkTo: 7, leaves: 1 },
  ];
}
