import { csvLine, ndjsonLine, type RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';
import { table, type Column } from '../terminal/table.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { portText } from './port-text.ts';

/** Rows of an answer in every form they can come out. */
export interface Answer<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** The row as NDJSON has it, in the vocabulary of the database. */
  readonly record: (row: Row) => Readonly<Record<string, unknown>>;
  /** Keys of the record, in order: CSV's header. */
  readonly keys: readonly string[];
  /** What stands below the table. */
  readonly footer?: string;
}

/** Writes an answer to stdout. */
export async function writeAnswer<Row>(session: Session, format: RowFormat, answer: Answer<Row>): Promise<void> {
  const { terminal } = session;
  if (format === 'table') {
    await terminal.write(answerTable(session, answer));
    return;
  }
  if (format === 'csv') await terminal.write(csvLine(answer.keys, terminal.interactive));
  for (const row of answer.rows) {
    const record = answer.record(row);
    await terminal.write(
      format === 'ndjson'
        ? ndjsonLine(record)
        : csvLine(
            answer.keys.map((key) => flat(record[key])),
            terminal.interactive,
          ),
    );
  }
}

/** An answer as a table that fits the terminal. */
export function answerTable<Row>({ terminal }: Session, { rows, columns, footer }: Answer<Row>): string {
  const below = wrapText(footer?.trim() ?? '', terminal.columns - 1).map((line) => (line === '' ? '' : ` ${line}\n`));
  return table(columns, rows, { width: terminal.columns, paint: terminal.paint }) + below.join('');
}

/** CSV has no lists: their entries stand in one field with spaces between, as `23/tcp:3` where they are ports. */
function flat(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => (isWantedPort(item) ? portEntry(item) : String(item))).join(' ') : value;
}

interface PortEntry {
  readonly proto: string;
  readonly dst_port: number;
  readonly packets: number;
}

function isWantedPort(item: unknown): item is PortEntry {
  return typeof item === 'object' && item !== null && 'dst_port' in item;
}

function portEntry({ proto, dst_port: port, packets }: PortEntry): string {
  return `${portText(proto, port).replaceAll(' ', '')}:${packets}`;
}

/** Milliseconds as NDJSON has times. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
