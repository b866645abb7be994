import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { DroplensError } from '@droplens/runtime';
import { databaseErrorNumber } from '@droplens/store';
import { CommandError } from '../command-error.ts';
import type { ConfigurationFlags } from '../config/load.ts';
import type { RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';
import { layOut } from '../terminal/table.ts';
import { ask } from './question.ts';
import { escapeOnTerminal } from './terminal-bytes.ts';

/** A table is laid out from the first rows; more are for programs. */
const mostTableRows = 1000;

/** `droplens sql`. */
export async function runSql(session: Session, flags: ConfigurationFlags, given: string, format: RowFormat): Promise<void> {
  const query = (given === '-' ? await readAll(process.stdin) : given).replace(/[\s;]+$/, '');
  if (query === '') throw new DroplensError('DL_USAGE', 'the query is empty');
  const asked = ask(session, flags, async ({ store }) => {
    if (format === 'table') return writeTable(session, store.sql(query, 'JSONCompactStringsEachRowWithNamesAndTypes'));
    const rows = store.sql(query, format === 'ndjson' ? 'JSONEachRow' : 'CSVWithNames');
    // NDJSON and CSV carry the values as they are; only on a terminal they must not act
    for await (const chunk of session.terminal.interactive ? escapeOnTerminal(rows) : rows) await session.terminal.write(chunk);
  });
  await asked.catch((error: unknown) => {
    if (!(error instanceof DroplensError) || error.code !== 'DL_QUERY_REFUSED') throw error;
    throw new CommandError('DL_QUERY_REFUSED', error.message, remedyFor(databaseErrorNumber(error)), { cause: error });
  });
}

/** What to do about ClickHouse's error of this number, when a person's own SQL brought it about. */
function remedyFor(number: number | null): string {
  switch (number ?? 0) {
    case 164: // READONLY: also what does not begin like a question at all
    case 497: // ACCESS_DENIED
      return 'droplens sql only reads: SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS, over the tables of droplens sql "SHOW TABLES"';
    case 47: // UNKNOWN_IDENTIFIER
    case 60: // UNKNOWN_TABLE
      return 'what there is: droplens sql "SHOW TABLES", droplens sql "DESCRIBE drops"';
    case 159: // TIMEOUT_EXCEEDED
    case 241: // MEMORY_LIMIT_EXCEEDED
      return 'ask for less: a shorter time, fewer groups, or sources_1h and ports_1h in place of drops';
    default:
      return 'correct the query; droplens sql --help has an example';
  }
}

async function writeTable(session: Session, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { terminal } = session;
  const lines = createInterface({ input: Readable.from(chunks, { objectMode: false }), crlfDelay: Infinity });
  let header: readonly string[] = [];
  let types: readonly string[] = [];
  const rows: (readonly string[])[] = [];
  let number = 0;
  for await (const line of lines) {
    // as text from end to end: a JavaScript number cannot hold every UInt64
    const values = JSON.parse(line) as string[];
    if (number === 0) header = values;
    else if (number === 1) types = values;
    else rows.push(values);
    number += 1;
    if (rows.length > mostTableRows) break;
  }
  if (rows.length === 0) {
    terminal.note('no rows\n');
    return;
  }
  const shown = rows.slice(0, mostTableRows);
  const { text, hidden } = layOut(
    header.map((name, index) => ({
      header: name,
      cell: (row: readonly string[]) => cellText(row[index] ?? ''),
      align: isNumeric(types[index]) ? ('right' as const) : ('left' as const),
      ...(isNumeric(types[index]) ? {} : { shrinkTo: 12 }),
      // the first column stays, the last one leaves first
      ...(index === 0 ? {} : { leaves: index }),
    })),
    shown,
    { width: terminal.columns, paint: terminal.paint },
  );
  await terminal.write(text);
  if (hidden.length > 0) terminal.note(`  no room for: ${hidden.join(', ')}; a wider terminal or --format ndjson shows all\n`);
  if (rows.length > mostTableRows) terminal.note(`  only the first ${mostTableRows} rows; --format ndjson or csv gives all\n`);
}

function isNumeric(type = ''): boolean {
  return /^(Nullable\(|LowCardinality\()*(U?Int|Float|Decimal)/.test(type);
}

/** The engine's text of a value; its own spelling of NULL is the dash of our tables. */
function cellText(value: string): string {
  return value === 'ᴺᵁᴸᴸ' ? '–' : value;
}
