import type { Connection } from './connection.ts';
import { insertStatement } from './insert.ts';
import { escapeText } from './row-text.ts';

/** A stretch of one source, as `Range` of `@droplens/transport` says. */
export interface LedgerRange {
  /** UInt64 as decimal text. */
  readonly stream: string;
  /** UInt64 as decimal text. */
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** Ranges that are complete in every table once `insertDrops` with the same token has returned. */
export interface LedgerInsert {
  readonly ranges: readonly LedgerRange[];
  /** Milliseconds since 1970; the batch's. */
  readonly loadedAt: number;
  /** The batch's token. */
  readonly token: string;
  /** Where the batch came from, for people: a spool file's name, a partition and its offsets. */
  readonly source: string;
}

/** Writes the ledger's rows of a batch in one block; the same again changes nothing. */
export async function insertLedger(connection: Connection, insert: LedgerInsert): Promise<void> {
  if (insert.ranges.length === 0) return;
  const tail = `${escapeText(insert.token)}\t${escapeText(insert.source)}\n`;
  const text = insert.ranges.map((r) => `${r.stream}\t${r.epoch}\t${r.first}\t${r.last}\t${r.rows}\t${tail}`).join('');
  await connection.insert(
    insertStatement('insert-ledger', `${insert.token}:ledger`),
    Buffer.from(text),
    { loaded_at: insert.loadedAt },
    `inserting ${insert.ranges.length} ledger rows`,
  );
}

/**
 * What of these ranges the ledger has: its own ranges, whole, that touch one of `ranges`, without those of `exceptToken`.
 * One short read per (stream, epoch), whatever the ledger's size.
 */
export async function coveredRanges(
  connection: Connection,
  ranges: readonly LedgerRange[],
  exceptToken: string,
): Promise<LedgerRange[]> {
  const epochs = new Map<string, { stream: string; epoch: string; first: number; last: number }>();
  for (const { stream, epoch, first, last } of ranges) {
    const key = `${stream} ${epoch}`;
    const known = epochs.get(key);
    if (known === undefined) epochs.set(key, { stream, epoch, first, last });
    else {
      known.first = Math.min(known.first, first);
      known.last = Math.max(known.last, last);
    }
  }
  const covered: LedgerRange[] = [];
  for (const { stream, epoch, first, last } of epochs.values()) {
    const rows = await connection.rows<{ first: number; last: number; rows: number }>('covered', {
      stream,
      epoch,
      first,
      last,
      except_token: exceptToken,
    });
    for (const row of rows) covered.push({ stream, epoch, first: row.first, last: row.last, rows: row.rows });
  }
  return covered;
}

/** Whether the ledger has rows of this token: the batch is complete. */
export async function ledgerHasToken(connection: Connection, token: string): Promise<boolean> {
  const [row] = await connection.rows<{ found: number }>('has-token', { token });
  return row !== undefined && row.found > 0;
}
