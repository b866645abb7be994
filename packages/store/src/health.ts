import type { Connection } from './connection.ts';
import { escapeText, mapText, timeText } from './row-text.ts';
import { statement } from './sql-files.ts';

/** As `UndercountRow` of `@droplens/transport`: (stream, epoch, position, cause) identifies it. */
export interface Undercount {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly cause: string;
  /** Lines or packets known to be missing; 0 = unknown number. */
  readonly count: number;
}

/** As `StatusRow` of `@droplens/transport`: cumulative since the epoch began. */
export interface Status {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  readonly time: number;
  readonly host: string;
  readonly source: string;
  readonly lines: number;
  readonly records: number;
  readonly rejected: Readonly<Record<string, number>>;
}

/** Stores undercounts; the same again counts once. */
export async function insertUndercounts(connection: Connection, rows: readonly Undercount[], now: number): Promise<void> {
  if (rows.length === 0) return;
  const lines = rows.map((row) =>
    [row.stream, row.epoch, row.position, escapeText(row.cause), timeText(row.time), escapeText(row.host), row.count].join('\t'),
  );
  await insertLines(connection, 'insert-undercount', lines, now, `inserting ${rows.length} undercounts`);
}

/** Stores states of streams; per epoch the one with the highest position stays. */
export async function insertStatuses(connection: Connection, rows: readonly Status[], now: number): Promise<void> {
  if (rows.length === 0) return;
  const lines = rows.map((row) =>
    [
      row.stream,
      row.epoch,
      row.position,
      timeText(row.time),
      escapeText(row.host),
      escapeText(row.source),
      row.lines,
      row.records,
      mapText(row.rejected),
    ].join('\t'),
  );
  await insertLines(connection, 'insert-status', lines, now, `inserting the state of ${rows.length} streams`);
}

async function insertLines(connection: Connection, name: string, lines: string[], now: number, what: string): Promise<void> {
  await connection.insert(statement(name), Buffer.from(`${lines.join('\n')}\n`), { loaded_at: now }, what);
}
