import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../src/connection.ts';
import { createStoreMetrics } from '../src/metrics.ts';
import { migrate, pendingMigrations, readMigrations, type Migration } from '../src/migrations.ts';
import { splitStatements, sqlDirectory } from '../src/sql-files.ts';
import { openStore, type OpenedStore } from './opened-store.ts';

const all = readMigrations();
let opened: OpenedStore;
let number = 0;
let connection: Connection;

beforeAll(async () => {
  opened = await openStore({ migrate: false });
}, 60_000);
afterAll(async () => await opened.close());

beforeEach(() => {
  number += 1;
  connection = connect(`fresh_${number}`);
});
afterEach(async () => await connection.close());

function connect(database: string): Connection {
  return new Connection({
    url: opened.engine.url,
    ...opened.engine.writer,
    database,
    metrics: createStoreMetrics(opened.reporter.registry),
  });
}

/** Everything the database consists of, in the server's words. */
async function shape(database: string): Promise<unknown[]> {
  return await opened.rows(
    `SELECT name, replaceAll(create_table_query, '${database}.', '') AS definition FROM system.tables WHERE database = '${database}' ORDER BY name`,
  );
}

async function recordedNumbers(database: string): Promise<unknown[]> {
  return (await opened.rows<{ number: number }>(`SELECT DISTINCT number FROM ${database}.migrations ORDER BY number`)).map(
    (row) => row.number,
  );
}

describe('migrate', () => {
  it('makes a database from nothing, and nothing more the second time', async () => {
    expect(await migrate(connection)).toEqual({ applied: all.length, total: all.length });
    const made = await shape(connection.database);
    expect(made.length).toBeGreaterThan(8);
    expect(await migrate(connection)).toEqual({ applied: 0, total: all.length });
    expect(await shape(connection.database)).toEqual(made);
    expect(await pendingMigrations(connection)).toEqual([]);
  });

  it('says what is missing without touching anything', async () => {
    await connection.createDatabase();
    expect(await pendingMigrations(connection)).toHaveLength(all.length);
    expect(await shape(connection.database)).toEqual([]);
  });

  it('comes from every earlier version to the same tables', async () => {
    await migrate(connection);
    const made = await shape(connection.database);
    for (let version = 0; version < all.length; version += 1) {
      const database = `from_${version}`;
      const old = connect(database);
      await migrate(old, all.slice(0, version));
      expect(await pendingMigrations(old)).toHaveLength(all.length - version);
      expect(await migrate(old)).toEqual({ applied: all.length - version, total: all.length });
      expect(await shape(database)).toEqual(made);
      expect(await recordedNumbers(database)).toEqual(all.map((migration) => migration.number));
      await old.close();
    }
  });

  it('goes on where it was interrupted, whichever statement that was', async () => {
    await migrate(connection);
    const made = await shape(connection.database);
    const total = all.reduce((sum, migration) => sum + migration.statements.length, 0);
    for (let done = 0; done < total; done += 1) {
      const database = `cut_${done}`;
      const half = connect(database);
      await migrate(half, []);
      for (const sql of all.flatMap((migration) => migration.statements).slice(0, done))
        await half.command(sql, {}, 'half a migration');
      await migrate(half);
      expect(await shape(database)).toEqual(made);
      await half.close();
    }
  });

  it('may run in several processes at once', async () => {
    const others = Array.from({ length: 4 }, () => connect(connection.database));
    await Promise.all(others.map(async (other) => await migrate(other)));
    expect(await recordedNumbers(connection.database)).toEqual(all.map((migration) => migration.number));
    expect(await migrate(connection)).toEqual({ applied: 0, total: all.length });
    for (const other of others) await other.close();
  });

  it('refuses a database whose migrations had another text, and touches nothing', async () => {
    const edited: Migration[] = all.map((migration) =>
      migration.number === 1 ? { ...migration, checksum: 'other' } : migration,
    );
    await migrate(connection, all.slice(0, 1));
    const made = await shape(connection.database);
    await expect(migrate(connection, edited)).rejects.toMatchObject({ code: 'DL_MIGRATION_CHANGED' });
    await expect(pendingMigrations(connection, edited)).rejects.toMatchObject({ code: 'DL_MIGRATION_CHANGED' });
    expect(await shape(connection.database)).toEqual(made);
  });

  it('refuses a database of a newer version', async () => {
    await migrate(connection);
    await expect(migrate(connection, all.slice(0, -1))).rejects.toMatchObject({ code: 'DL_STORE_NEWER', disposition: 'fatal' });
  });

  it('refuses a database with a gap', async () => {
    await migrate(connection);
    await opened.client.command({
      query: `ALTER TABLE ${connection.database}.migrations DELETE WHERE number = 1 SETTINGS mutations_sync = 1`,
    });
    await expect(migrate(connection)).rejects.toMatchObject({ code: 'DL_MIGRATION_GAP' });
  });
});

describe('readMigrations', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-migrations-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('does not care for comments and line ends', () => {
    cpSync(`${sqlDirectory}migrations`, directory, { recursive: true });
    const file = join(directory, '0001-drops.sql');
    writeFileSync(file, `-- another word\n${readFileSync(file, 'utf8')}`.replaceAll('\n', '\r\n'));
    expect(readMigrations(`${directory}/`).map((migration) => migration.checksum)).toEqual(
      all.map((migration) => migration.checksum),
    );
  });

  it('notices a changed statement', () => {
    const file = join(directory, '0002-ledger.sql');
    writeFileSync(file, readFileSync(file, 'utf8').replace('400 DAY', '401 DAY'));
    expect(readMigrations(`${directory}/`).at(1)?.checksum).not.toBe(all.at(1)?.checksum);
  });

  it('insists on numbers without a gap', () => {
    rmSync(join(directory, '0001-drops.sql'));
    expect(() => readMigrations(`${directory}/`)).toThrow(/0001/);
  });

  it('has only idempotent statements', () => {
    for (const sql of all.flatMap((migration) => migration.statements)) {
      expect(sql).toMatch(
        /^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|ALTER TABLE \w+ (ADD|DROP|MODIFY) (COLUMN|INDEX|PROJECTION|TTL|SETTING|QUERY) (IF (NOT )?EXISTS)?) /,
      );
    }
  });
});

describe('the SQL files', () => {
  it('each begin by saying what they answer', () => {
    for (const folder of ['migrations', 'queries']) {
      for (const file of readdirSync(sqlDirectory + folder))
        expect(readFileSync(`${sqlDirectory}${folder}/${file}`, 'utf8')).toMatch(/^-- \S/);
    }
  });

  it('split where a line ends with a semicolon, not elsewhere', () => {
    expect(splitStatements("-- a\nSELECT ';' ;\n  -- b;\nSELECT 2;\n\nSELECT 3")).toEqual(["SELECT ';'", 'SELECT 2', 'SELECT 3']);
  });
});
