import { randomBytes } from 'node:crypto';
import type { Connection } from './connection.ts';
import { dropsStatement } from './insert.ts';
import { readMigrations } from './migrations.ts';
import { statement } from './sql-files.ts';

/** One thing that was sent, and what the tables held afterwards. */
export interface ProofStep {
  /** In plain words: what was done. */
  readonly what: string;
  /** Rows that each table must hold now. */
  readonly expected: number;
  /** Rows found in the raw table, and packets counted in the two hourly ones. */
  readonly found: { readonly rows: number; readonly by_source: number; readonly by_port: number };
  readonly holds: boolean;
}

/** Whether this database stores a batch once however often it is sent. */
export interface DeduplicationProof {
  readonly holds: boolean;
  /** The server's version. */
  readonly version: string;
  readonly steps: readonly ProofStep[];
}

const tables = ['drops_in', 'drops', 'sources_1h', 'ports_1h'] as const;
/** Rows of the batch that is sent. */
const batchRows = 500;

/**
 * Proves by trying, in scratch tables of exactly our shape, that this database deduplicates by token: raw and hourly tables alike, over another
 * connection, with the bytes in another order, after an insert that ended half way; and that nothing is dropped that came with another token.
 * The scratch tables are gone afterwards.
 */
export async function proveDeduplication(connection: Connection, second: Connection): Promise<DeduplicationProof> {
  const mark = `proof_${randomBytes(6).toString('hex')}`;
  const scratch = (sql: string): string =>
    sql.replaceAll(/(?<![\w'])(drops_in|drops|sources_1h|ports_1h)(_mv)?(?![\w'])/g, `${mark}_$1$2`);
  const create = readMigrations().flatMap((migration) =>
    migration.statements.filter(
      (sql) => /^CREATE\b/.test(sql) && tables.some((table) => new RegExp(`\\b${table}(_mv)?\\b`).test(sql)),
    ),
  );
  const later = create.filter((sql) => /\b(sources_1h|ports_1h)_mv\b/.test(sql));
  const steps: ProofStep[] = [];
  const loadedAt = Date.now();

  const send = async (over: Connection, token: string, rows: readonly string[]): Promise<void> => {
    const sql = scratch(dropsStatement(`${mark}:${token}`));
    await over.insert(sql, Buffer.from(`${rows.join('\n')}\n`), { loaded_at: loadedAt }, 'the proof’s insert');
  };
  const look = async (what: string, expected: number): Promise<void> => {
    const sql = scratch(statement('proof-counts'));
    const [found] = await connection.select<ProofStep['found']>(sql, {}, 'counting the proof’s rows', 'load');
    if (found === undefined) return;
    const holds = found.rows === expected && found.by_source === expected && found.by_port === expected;
    steps.push({ what, expected, found, holds });
  };

  const batch = proofRows();
  try {
    for (const sql of create) if (!later.includes(sql)) await connection.command(scratch(sql), {}, 'creating scratch tables');
    // as if the process had died when the raw table had the batch and the hourly tables had not
    await send(connection, 'a', batch);
    for (const sql of later) await connection.command(scratch(sql), {}, 'creating scratch tables');
    await send(connection, 'a', batch);
    await look('an insert that ended half way is completed when it is sent again', batchRows);
    await send(second, 'a', batch);
    await look('the same batch again over another connection changes nothing', batchRows);
    await send(connection, 'a', batch.toReversed());
    await look('the same batch with its rows in another order changes nothing', batchRows);
    await send(connection, 'b', batch);
    await look('equal rows under another token are stored: the token decides, not the content', 2 * batchRows);
    await send(second, 'b', batch);
    await send(second, 'a', batch);
    await look('both batches again change nothing', 2 * batchRows);
  } finally {
    for (const view of tables.slice(1)) await drop(connection, `${mark}_${view}_mv`);
    for (const table of tables) await drop(connection, `${mark}_${table}`);
  }
  const [server] = await connection.rows<{ version: string }>('version');
  return { holds: steps.length === 5 && steps.every((step) => step.holds), version: server?.version ?? '', steps };
}

async function drop(connection: Connection, table: string): Promise<void> {
  await connection.command(`DROP TABLE IF EXISTS ${table} SYNC`, {}, 'removing scratch tables');
}

/** Rows with years of event times, so that a table partitioned by them would fail here and not in operation. */
function proofRows(): string[] {
  return Array.from({ length: batchRows }, (_, index) =>
    [
      index + 1,
      `${Date.UTC(2020, index % 60, 1 + (index % 28)) / 1000}.${String(index).padStart(3, '0')}`,
      `host-${index % 5}`,
      'droplens proof:',
      'deny',
      'eth0',
      '',
      `192.0.2.${index % 200}`,
      '198.51.100.1',
      'TCP',
      40_000 + index,
      index % 50,
      60,
      64,
      index,
      2,
      1024,
      0,
      0,
      '',
      '',
      0,
    ].join('\t'),
  );
}
