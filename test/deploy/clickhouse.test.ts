import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMigrations } from '../../packages/store/src/migrations.ts';
import { statement, statementNames } from '../../packages/store/src/sql-files.ts';
import { AccountsEngine, grantsOf } from './clickhouse-accounts.ts';

/** The writer's privileges in the database, and roles that lack one of them each. */
const inDatabase = grantsOf('droplens_writer').filter((grant) => grant.includes(' ON droplens.'));
const without = inDatabase.map((grant, n) => ({ grant, role: `without_${n}` }));

type Run = (sql: string) => unknown;

const questions = statementNames().filter((name) => /^(SELECT|WITH)\b/.test(statement(name)));
const inserts = statementNames().filter((name) => name.startsWith('insert-'));

/** A statement of the store, with something for what no parameter can be. */
function filledIn(name: string): string {
  return statement(name).replaceAll('$token', 'dl:test').replaceAll('$sources', "toIPv6('::')");
}

/** Runs a statement with some value for every parameter. */
function ask(run: Run, sql: string): void {
  for (const [, name = '', type = ''] of sql.matchAll(/\{(\w+):([^}]+)\}/g)) {
    // the text of an address, where a query makes one of it
    const value = type.startsWith('Array') ? '[]' : /Int|Float|Date/.test(type) ? '1' : '::';
    run(`SET param_${name} = '${value}'`);
  }
  run(sql);
}

/** An insert with one row of the columns that it names. */
function withRow(insert: string): string {
  const text = insert.replaceAll('$label', 'String').replace(/\bFORMAT \S+$/, 'FORMAT TabSeparated');
  const columns = (/\binput\('(.*)'\)/.exec(text)?.[1] ?? '').split(/, (?=\w+ [A-Z])/);
  const value = (column: string): string => {
    if (/ (Int|UInt|DateTime)/.test(column)) return '1';
    if (/ Enum8/.test(column)) return 'deny';
    return / Map/.test(column) ? '{}' : '::';
  };
  return `${text}\n${columns.map(value).join('\t')}\n`;
}

/** Everything that droplens ever sends, as the account that owns the tables. */
function everything(run: Run): void {
  run('CREATE DATABASE IF NOT EXISTS droplens');
  run('USE droplens');
  run(statement('create-migrations'));
  for (const migration of readMigrations()) for (const sql of migration.statements) run(sql);
  ask(run, filledIn('record-migration'));
  for (const name of inserts) ask(run, withRow(filledIn(name)));
  for (const name of questions) ask(run, filledIn(name));
  run('ALTER TABLE drops MODIFY TTL toDateTime(loaded_at) + INTERVAL 7 DAY');
  // doctor --store
  run('CREATE TABLE proof_1_drops (a UInt8) ENGINE = MergeTree ORDER BY a');
  run('CREATE TABLE proof_1_drops_in (a UInt8) ENGINE = Null');
  run('CREATE MATERIALIZED VIEW proof_1_drops_mv TO proof_1_drops AS SELECT a FROM proof_1_drops_in');
  for (const name of ['drops_mv', 'drops', 'drops_in']) run(`DROP TABLE IF EXISTS proof_1_${name} SYNC`);
}

function refusal(run: Run, sql: string): string {
  try {
    run(sql);
    return 'done';
  } catch (error) {
    return /\(([A-Z_]+)\)\s*$/.exec((error as Error).message)?.[1] ?? (error as Error).message;
  }
}

describe('the accounts of deploy/clickhouse on the real engine', () => {
  let engine: AccountsEngine;
  beforeAll(() => {
    const lacking = without.map(({ grant, role }) => [role, inDatabase.filter((other) => other !== grant)] as const);
    engine = new AccountsEngine(Object.fromEntries(lacking));
  });
  afterAll(() => engine.close());

  const asAdministrator = (...statements: readonly string[]): void =>
    engine.as('administrator', (run) => {
      for (const sql of statements) run(sql);
    });

  it('knows both users', () => {
    expect(engine.as('administrator', (run) => run('SHOW USERS')).split('\n')).toEqual([
      'default',
      'droplens_reader',
      'droplens_writer',
    ]);
  });

  it('is what docs/security.md grants by SQL', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
    const shown = [...page.matchAll(/^GRANT (.*) ON (\S+) TO droplens_writer;$/gm)].flatMap(([, privileges = '', target]) =>
      privileges.split(', ').map((privilege) => `GRANT ${privilege} ON ${target}`),
    );
    expect(shown.sort()).toEqual(grantsOf('droplens_writer').sort());
  });

  it('takes the settings for durability and deduplication', () => {
    const settings = engine.as('administrator', (run) =>
      run(`SELECT name, value FROM system.merge_tree_settings WHERE changed ORDER BY name`),
    );
    expect(settings.split('\n')).toEqual([
      'fsync_after_insert\t1',
      'fsync_part_directory\t1',
      'replicated_deduplication_window\t10000',
      'replicated_deduplication_window_seconds\t604800',
    ]);
  });

  it('lets the writer do everything droplens does', () => {
    engine.as('droplens_writer', everything);
    expect(engine.as('droplens_writer', (run) => run('SELECT count() FROM droplens.migrations'))).toBe('1');
  });

  it.each(without)('gives the writer no right too many: needs $grant', ({ role }) => {
    asAdministrator('DROP DATABASE IF EXISTS droplens SYNC');
    expect(() => engine.as(role, everything)).toThrow('ACCESS_DENIED');
    asAdministrator('DROP DATABASE IF EXISTS droplens SYNC');
  });

  describe('what they may not', () => {
    beforeAll(() => {
      engine.as('droplens_writer', everything);
      asAdministrator('CREATE DATABASE IF NOT EXISTS elsewhere', 'CREATE TABLE elsewhere.secrets (a UInt8) ENGINE = Memory');
    });

    it.each([
      'DROP TABLE droplens.drops',
      'TRUNCATE TABLE droplens.ledger',
      'ALTER TABLE droplens.drops DELETE WHERE 1',
      'ALTER TABLE droplens.drops DROP PARTITION ALL',
      'DROP DATABASE droplens',
      'SELECT * FROM elsewhere.secrets',
      'CREATE TABLE elsewhere.t (a UInt8) ENGINE = Memory',
      'CREATE USER other',
      'SYSTEM SHUTDOWN',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
      "SELECT * FROM remote('127.0.0.1', system.one)",
    ])('%s: neither the writer nor the reader', (sql) => {
      for (const role of ['droplens_writer', 'droplens_reader']) {
        expect(
          engine.as(role, (run) => refusal(run, sql)),
          role,
        ).toBe('ACCESS_DENIED');
      }
    });

    it.each([
      'INSERT INTO droplens.ledger (stream) VALUES (1)',
      'CREATE TABLE droplens.t (a UInt8) ENGINE = Memory',
      'ALTER TABLE droplens.drops MODIFY TTL toDateTime(loaded_at) + INTERVAL 1 DAY',
    ])('%s: not the reader', (sql) => {
      expect(engine.as('droplens_reader', (run) => refusal(run, sql))).toBe('ACCESS_DENIED');
    });

    it('lets the reader ask everything that people ask', () => {
      // `tables` asks for the sizes on disk, which are for who owns them
      const asked = questions.filter((name) => name !== 'tables').map(filledIn);
      engine.as('droplens_reader', (run) => {
        run('USE droplens');
        for (const sql of asked)
          expect(
            refusal((text) => ask(run, text), sql),
            sql,
          ).toBe('done');
        for (const sql of ['SHOW DATABASES', 'SHOW TABLES FROM droplens', 'DESC TABLE droplens.drops', 'SELECT version()'])
          run(sql);
        run("SELECT name, type FROM system.columns WHERE table = 'drops'");
        run('SELECT name FROM system.functions');
      });
    });

    it("bounds what the reader may set, and lets Grafana's driver and our client set what they do", () => {
      const set = (sql: string): string =>
        engine.as('droplens_reader', (run) => {
          // as a login does
          run("SET profile = 'droplens_reader'");
          run(
            'SET max_execution_time = 60, max_memory_usage = 1000000000, max_threads = 4, max_result_bytes = 268435456, readonly = 2',
          );
          return refusal(run, sql);
        });
      expect(['64', '14', '120'].map((seconds) => set(`SET max_execution_time = ${seconds}`))).toEqual(['done', 'done', 'done']);
      expect(set('SET output_format_json_quote_64bit_integers = 0')).toBe('done');
      expect(set("SET additional_table_filters = {'droplens.drops': 'dst_port = 22'}")).toBe('done');
      expect(['0', '1000'].map((seconds) => set(`SET max_execution_time = ${seconds}`))).toEqual([
        'SETTING_CONSTRAINT_VIOLATION',
        'SETTING_CONSTRAINT_VIOLATION',
      ]);
      for (const sql of [
        'max_memory_usage = 0',
        'max_threads = 64',
        'max_result_bytes = 0',
        'max_concurrent_queries_for_user = 99',
      ]) {
        expect(set(`SET ${sql}`), sql).toBe('SETTING_CONSTRAINT_VIOLATION');
      }
      expect(set('SET readonly = 0')).toBe('READONLY');
    });

    it('lets nobody who writes switch deduplication off', () => {
      const set = (sql: string): string =>
        engine.as('droplens_writer', (run) => {
          run("SET profile = 'droplens_writer'");
          return refusal(run, sql);
        });
      for (const sql of ['insert_deduplicate = 0', 'deduplicate_blocks_in_dependent_materialized_views = 0']) {
        expect(set(`SET ${sql}`), sql).toBe('SETTING_CONSTRAINT_VIOLATION');
      }
    });
  });
});
