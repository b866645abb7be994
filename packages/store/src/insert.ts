import { DroplensError } from '@droplens/runtime';
import type { Connection } from './connection.ts';
import { statement } from './sql-files.ts';

/** One batch of rows. */
export interface DropsInsert {
  /**
   * The rows, at most `maxInsertBytes`, so that they stay one block: row text (`rowColumns` of the pipeline) with country and AS number behind each
   * row, or the same columns by name as one block of Native.
   */
  readonly rows: Uint8Array;
  /** Default: TabSeparated. Native costs the database a tenth to read; in text it says which row it cannot take. */
  readonly format?: 'TabSeparated' | 'Native';
  /** Milliseconds since 1970; the same on every try, because the partition depends on it. */
  readonly loadedAt: number;
  /** Hash of what is in it; the same on every try, and of no other batch ever. */
  readonly token: string;
}

/**
 * One insert stays one block up to here with the settings of insert-drops.sql: parallel parsing, which splits from 10 MiB, is off,
 * and blocks are filled up to 1,048,449 rows or 256 MiB.
 */
export const maxInsertBytes = 48 * 1024 * 1024;

/** Stores a batch in all tables. Resolved = complete; after a rejection try again with the same insert (unless it says `discard` or `fatal`). */
export async function insertDrops(connection: Connection, insert: DropsInsert): Promise<void> {
  if (insert.rows.byteLength === 0) return;
  if (insert.rows.byteLength > maxInsertBytes) {
    throw new DroplensError(
      'DL_INTERNAL',
      `a batch of ${insert.rows.byteLength} bytes, more than ${maxInsertBytes}, could be cut into blocks and stored twice`,
    );
  }
  await connection.insert(
    dropsStatement(insert.token, insert.format),
    insert.rows,
    { loaded_at: insert.loadedAt },
    `inserting a batch of ${insert.rows.byteLength} bytes`,
  );
}

/** The insert of a batch. Text of few different values is read three times cheaper as String; Native has them as they are stored. */
export function dropsStatement(token: string, format: DropsInsert['format'] = 'TabSeparated'): string {
  const label = format === 'Native' ? 'LowCardinality(String)' : 'String';
  return insertStatement('insert-drops', token).replaceAll('$label', label).replace('$format', format);
}

/** How many rows a batch has. */
export function rowsOf({ rows, format }: DropsInsert): number {
  if (format === 'Native') return readVarint(rows, readVarint(rows, 0).behind).value;
  let lines = 0;
  for (let at = rows.indexOf(10); at >= 0; at = rows.indexOf(10, at + 1)) lines += 1;
  return lines;
}

/** A number of Native, seven bits at a time: a block begins with how many columns and how many rows it has. */
function readVarint(bytes: Uint8Array, from: number): { value: number; behind: number } {
  let value = 0;
  let scale = 1;
  for (let i = from; ; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, behind: i + 1 };
    scale *= 128;
  }
}

/** The text of an insert with its deduplication token in its place: a setting takes no parameter. */
export function insertStatement(name: string, token: string): string {
  if (!/^[\w:.-]{1,256}$/.test(token)) {
    throw new DroplensError('DL_INTERNAL', `'${token}' is no deduplication token: letters, digits, and _ : . - are allowed`);
  }
  return statement(name).replace('$token', () => `dl:${token}`);
}
