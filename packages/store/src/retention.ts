import type { RetentionConfig } from './config.ts';
import type { Connection } from './connection.ts';

/** The tables whose rows end, with the column their age counts from and the setting that says how long they stay. */
const kept = [
  { table: 'drops', column: 'toDateTime(loaded_at)', key: 'raw_days' },
  { table: 'sources_1h', column: 'loaded', key: 'rollup_days' },
  { table: 'ports_1h', column: 'loaded', key: 'rollup_days' },
  { table: 'ledger', column: 'toDateTime(loaded_at)', key: 'rollup_days' },
  { table: 'undercount', column: 'toDateTime(loaded_at)', key: 'rollup_days' },
  { table: 'status', column: 'toDateTime(loaded_at)', key: 'rollup_days' },
  { table: 'hosts', column: 'toDateTime(loaded_at)', key: 'rollup_days' },
  { table: 'contacted', column: 'toDateTime(loaded_at)', key: 'raw_days' },
] as const;

/**
 * Makes the tables keep what `retention` says, counted from loading, for rows that are there already, too. Returns the tables it changed:
 * none when they are so already. Rows beyond a shorter time go when the database merges next, whole parts at a time.
 */
export async function applyRetention(connection: Connection, retention: RetentionConfig): Promise<string[]> {
  const changed: string[] = [];
  const tables = await connection.rows<{ table: string; definition: string }>('table-definitions');
  for (const { table, column, key } of kept) {
    const definition = tables.find((row) => row.table === table)?.definition ?? '';
    // the server prints it as `toIntervalDay(30)` whatever it was told
    if (definition.includes(`TTL ${column} + toIntervalDay(${retention[key]})`)) continue;
    await connection.command(
      `ALTER TABLE ${table} MODIFY TTL ${column} + INTERVAL ${retention[key]} DAY`,
      {},
      `setting the retention of ${table} to ${retention[key]} days`,
    );
    changed.push(table);
  }
  return changed;
}
