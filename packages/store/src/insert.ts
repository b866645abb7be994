import { DroplensError } from '@droplens/runtime';
import type { Connection } from './connection.ts';
import { statement } from './sql-files.ts';

/** One batch of rows. */
export interface DropsInsert {
  /** Row text (`rowColumns` of the pipeline), country and AS number behind each row; at most `maxInsertBytes`, so that it stays one block. */
  readonly rows: Uint8Array;
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
    insertStatement('insert-drops', insert.token),
    insert.rows,
    { loaded_at: insert.loadedAt },
    `inserting a batch of ${insert.rows.byteLength} bytes`,
  );
}

/** The text of an insert with its deduplication token in its place: a setting takes no parameter. */
export function insertStatement(name: string, token: string): string {
  if (!/^[\w:.-]{1,256}$/.test(token)) {
    throw new DroplensError('DL_INTERNAL', `'${token}' is no deduplication token: letters, digits, and _ : . - are allowed`);
  }
  return statement(name).replace('$token', () => `dl:${token}`);
}
