import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { DroplensError } from '@droplens/runtime';
import type { Connection } from './connection.ts';
import { splitStatements, sqlDirectory, statement } from './sql-files.ts';

/** One step of the schema. Every statement in it is idempotent: an interrupted one is run again from its start. */
export interface Migration {
  /** 1, 2, 3 …, without a gap. */
  readonly number: number;
  readonly name: string;
  /** SHA-256 of its statements in hex; comments and line ends do not count. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

/** What `migrate` did. */
export interface MigrationResult {
  /** Steps applied now. */
  readonly applied: number;
  /** Steps this version knows. */
  readonly total: number;
}

interface RecordedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** Reads `NNNN-name.sql` files in order; DL_INTERNAL if the numbers do not count 1, 2, 3 … */
export function readMigrations(directory = `${sqlDirectory}migrations/`): Migration[] {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const match = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file);
    if (match === null || Number(match[1]) !== index + 1) {
      throw new DroplensError(
        'DL_INTERNAL',
        `${directory}${file}: expected migration ${String(index + 1).padStart(4, '0')}-name.sql`,
      );
    }
    const statements = splitStatements(readFileSync(directory + file, 'utf8').replaceAll('\r\n', '\n'));
    const checksum = createHash('sha256').update(statements.join(';\n')).digest('hex');
    return { number: index + 1, name: match[2]!, checksum, statements };
  });
}

/**
 * Brings the database to the newest of `migrations` and records each step after it is done. Two processes doing it at once do the same twice.
 * DL_MIGRATION_CHANGED, DL_MIGRATION_GAP, DL_STORE_NEWER if the database is not a past of this version; then nothing is touched.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[] = readMigrations(),
): Promise<MigrationResult> {
  await connection.createDatabase();
  await connection.command(statement('create-migrations'), {}, 'creating the table migrations');
  const pending = checkRecorded(await recorded(connection), migrations, connection.database);
  for (const migration of pending) {
    const title = `migration ${String(migration.number).padStart(4, '0')}-${migration.name}`;
    for (const sql of migration.statements) await connection.command(sql, {}, title);
    await connection.command(
      statement('record-migration'),
      { number: migration.number, name: migration.name, checksum: migration.checksum },
      `recording ${title}`,
    );
  }
  return { applied: pending.length, total: migrations.length };
}

/** Steps that are missing, without applying them; a database without our tables misses all. */
export async function pendingMigrations(
  connection: Connection,
  migrations: readonly Migration[] = readMigrations(),
): Promise<readonly Migration[]> {
  const exists = await connection.rows<{ found: number }>('has-migrations', {});
  if (exists[0]?.found !== 1) return migrations;
  return checkRecorded(await recorded(connection), migrations, connection.database);
}

async function recorded(connection: Connection): Promise<RecordedMigration[]> {
  return await connection.rows<RecordedMigration>('migrations');
}

function checkRecorded(rows: readonly RecordedMigration[], known: readonly Migration[], database: string): readonly Migration[] {
  for (const [index, row] of rows.entries()) {
    const title = `${String(row.number).padStart(4, '0')}-${row.name}`;
    const migration = known[row.number - 1];
    if (row.number > known.length) {
      throw new DroplensError(
        'DL_STORE_NEWER',
        `database ${database} has migration ${title}; this version knows ${known.length}`,
      );
    }
    if (migration?.checksum !== row.checksum) {
      throw new DroplensError('DL_MIGRATION_CHANGED', `database ${database} was made by another text of migration ${title}`);
    }
    if (row.number !== index + 1) {
      throw new DroplensError('DL_MIGRATION_GAP', `database ${database} has migration ${title} but not ${index + 1}`);
    }
  }
  return known.slice(rows.length);
}
