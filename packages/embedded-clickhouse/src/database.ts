import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import { ClickHouseError } from './clickhouse-error.ts';
import type { EngineConfig } from './config.ts';
import type { Role } from './credentials.ts';
import { identifier, stringLiteral } from './quoting.ts';
import { engineRoles, serverConfiguration } from './server-configuration.ts';
import { RequestSession } from './sessions.ts';

/** What a request asks of its session. */
export interface SessionWishes {
  readonly role: Role;
  readonly database: string | null;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The engine over one data directory: opens it, hands out sessions, stops queries. */
export class Database {
  readonly #path: string;
  readonly #config: EngineConfig;
  #anchor: Session | undefined;
  #formats: ReadonlySet<string> = new Set();
  #settings: ReadonlySet<string> = new Set();
  #version = '';

  /** `path` is a directory of the engine's own. */
  constructor(path: string, config: EngineConfig) {
    this.#path = path;
    this.#config = config;
  }

  /** Names of all formats in lower case. */
  get formats(): ReadonlySet<string> {
    return this.#formats;
  }

  get version(): string {
    return this.#version;
  }

  isSetting(name: string): boolean {
    return this.#settings.has(name);
  }

  /** Opens the directory, creating it when there is none; throws what chDB says when it is locked or damaged. */
  async open(): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const configuration = join(this.#path, 'droplens-config.xml');
    await writeFile(configuration, serverConfiguration(this.#config, configuration), { mode: 0o600 });
    const anchor = new Session(this.#path, { connectionArgs: [`--config-file=${configuration}`, '--implicit_select=0'] });
    this.#anchor = anchor;
    const names = async (sql: string): Promise<string[]> =>
      (await anchor.queryAsync(sql, { format: 'TabSeparated' })).text().split('\n').filter(Boolean);
    this.#formats = new Set((await names('SELECT name FROM system.formats')).map((name) => name.toLowerCase()));
    this.#settings = new Set(await names('SELECT name FROM system.settings UNION ALL SELECT alias_for FROM system.settings'));
    this.#version = (await names('SELECT version()'))[0] ?? '';
  }

  /** A prepared session; unknown settings are error 115 for the writer and left out for the reader. */
  async session(wishes: SessionWishes): Promise<RequestSession> {
    if (this.#anchor === undefined) throw new ClickHouseError(236, 'ABORTED', 'The engine is closed.');
    const session = new RequestSession(new Session(this.#path));
    try {
      await session.run(this.#prelude(wishes));
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Stops running queries whose text holds `tag`. */
  async kill(tag: string): Promise<void> {
    const session = new RequestSession(new Session(this.#path));
    try {
      await session.run(`KILL QUERY WHERE position(query, ${stringLiteral(tag)}) > 0 AND NOT startsWith(query, 'KILL') ASYNC`);
    } finally {
      session.close();
    }
  }

  /** Closes the directory after everything that still runs. */
  async close(): Promise<void> {
    const anchor = this.#anchor;
    this.#anchor = undefined;
    if (anchor === undefined) return;
    await drainPending();
    anchor.close();
    await drainPending();
  }

  #prelude(wishes: SessionWishes): string {
    const settings = new Map<string, string>([
      ['implicit_select', '0'],
      ['allow_introspection_functions', '0'],
      ['max_threads', String(this.#config.threads)],
      ['max_insert_threads', '1'],
      ['async_insert', '0'],
    ]);
    for (const [name, value] of wishes.settings) {
      if (this.#settings.has(name)) settings.set(name, value);
      else if (wishes.role === 'writer') throw new ClickHouseError(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
    }
    if (wishes.role === 'readonly') this.#limit(settings);
    const assignments = [...settings].map(([name, value]) => `${identifier(name)} = ${stringLiteral(value)}`);
    const statements = [`SET ${assignments.join(', ')}`];
    for (const [name, value] of wishes.parameters)
      statements.push(`SET ${identifier(`param_${name}`)} = ${stringLiteral(value)}`);
    statements.push(`USE ${identifier(wishes.database ?? 'default')}`);
    statements.push(`SET ROLE ${engineRoles[wishes.role]}`);
    if (wishes.role === 'readonly') statements.push('SET readonly = 2');
    return statements.join('; ');
  }

  #limit(settings: Map<string, string>): void {
    const asked = Number(settings.get('max_execution_time') ?? Number.NaN);
    const limit = this.#config.max_execution_seconds;
    settings.set('max_execution_time', String(asked > 0 && asked < limit ? asked : limit));
    settings.set('max_result_bytes', String(this.#config.max_result_mb * 1024 * 1024));
    settings.set('result_overflow_mode', 'throw');
  }
}
