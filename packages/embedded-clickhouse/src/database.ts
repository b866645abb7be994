import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import { ClickHouseError } from './clickhouse-error.ts';
import type { EngineConfig } from './config.ts';
import type { Role } from './credentials.ts';
import { EngineSession } from './engine-session.ts';
import { KeptSessions, type SessionRequest } from './kept-sessions.ts';
import { identifier, stringLiteral } from './quoting.ts';
import { engineRoles, serverConfiguration } from './server-configuration.ts';

/** What a request asks of its session. */
export interface SessionWishes {
  readonly role: Role;
  readonly database: string | null;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  /** A session to go on with; only the writer has any. */
  readonly kept?: SessionRequest | null;
}

/** A session and what to call when the request is over. */
export interface HeldSession {
  readonly session: EngineSession;
  readonly give: () => Promise<void>;
}

/** The engine over one data directory: opens it, hands out sessions, stops queries. */
export class Database {
  readonly #path: string;
  readonly #config: EngineConfig;
  #anchor: Session | undefined;
  #formats: ReadonlySet<string> = new Set();
  #tableFunctions: ReadonlySet<string> = new Set();
  #settings: ReadonlySet<string> = new Set();
  #version = '';
  #failedWrites = 0;
  readonly #kept = new KeptSessions();

  /** `path` is a directory of the engine's own. */
  constructor(path: string, config: EngineConfig) {
    this.#path = path;
    this.#config = config;
  }

  /** Names of all formats in lower case. */
  get formats(): ReadonlySet<string> {
    return this.#formats;
  }

  /** Names of all table functions in lower case. */
  get tableFunctions(): ReadonlySet<string> {
    return this.#tableFunctions;
  }

  get version(): string {
    return this.#version;
  }

  /** Failed writes of the engine to any file, as last seen. */
  get failedWrites(): number {
    return this.#failedWrites;
  }

  /**
   * Looks at the count of failed writes again. The engine says nothing when it cannot write a result file to its end (a full
   * disk); this count is where it shows. A failure of something else at the same time is taken for one's own.
   */
  async countFailedWrites(session: EngineSession): Promise<number> {
    const event = "SELECT sum(value) FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'";
    this.#failedWrites = Math.max(this.#failedWrites, Number((await session.run(event)).text()));
    return this.#failedWrites;
  }

  isSetting(name: string): boolean {
    return this.#settings.has(name);
  }

  /**
   * Opens the directory, creating it when there is none. chDB locks it with flock, so of two processes exactly one gets
   * it and a killed one leaves no lock; the loser's error says nothing but that it failed.
   */
  async open(): Promise<void> {
    await mkdir(this.#path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const anchor = await this.#connect();
    this.#anchor = anchor;
    const names = async (sql: string): Promise<string[]> =>
      (await anchor.queryAsync(sql, { format: 'TabSeparated' })).text().split('\n').filter(Boolean);
    this.#formats = new Set(await names('SELECT lower(name) FROM system.formats'));
    this.#tableFunctions = new Set(await names('SELECT lower(name) FROM system.table_functions'));
    this.#settings = new Set(await names('SELECT name FROM system.settings'));
    this.#version = (await names('SELECT version()'))[0] ?? '';
  }

  /** A session for one request, prepared: one of its own, or the one the client keeps. */
  async session(wishes: SessionWishes): Promise<HeldSession> {
    if (this.#anchor === undefined) throw new ClickHouseError(236, 'ABORTED', 'The engine is closed.');
    if (!wishes.kept) {
      const session = await this.#open(this.#prelude(wishes));
      return { session, give: async () => session.close() };
    }
    const plain = { ...wishes, settings: new Map<string, string>(), parameters: new Map<string, string>() };
    const { session, isNew, give } = await this.#kept.take(wishes.kept, () => this.#open(this.#prelude(plain)));
    try {
      const restore = await this.#borrow(session, wishes, isNew);
      return { session, give: async () => restore().finally(give) };
    } catch (error) {
      give();
      throw error;
    }
  }

  async #open(prelude: string): Promise<EngineSession> {
    const session = new EngineSession(this.#path);
    try {
      await session.run(prelude);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Sets what this request alone wants in a kept session; the function it returns sets it back. */
  async #borrow(session: EngineSession, wishes: SessionWishes, isNew: boolean): Promise<() => Promise<void>> {
    const names = [...wishes.settings.keys()];
    const list = names.map(stringLiteral).join(', ');
    const before = await session.run(
      `SELECT name, value FROM system.settings WHERE name IN ('', ${list || "''"})`,
      'JSONCompactEachRow',
    );
    const old = before
      .text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as [string, string]);
    const statements = [
      ...parameterStatements(wishes.parameters),
      ...(wishes.settings.size > 0 ? [setStatement(wishes.settings)] : []),
    ];
    if (wishes.database !== null && !isNew) statements.push(`USE ${identifier(wishes.database)}`);
    if (statements.length > 0) await session.run(statements.join('; '));
    return async () => {
      if (old.length > 0) await session.run(setStatement(new Map(old)));
    };
  }

  /** Asks running queries whose text holds `tag` to stop; returns at once. */
  async kill(tag: string): Promise<void> {
    if (this.#anchor === undefined) return;
    const session = new EngineSession(this.#path);
    try {
      await session.run(`KILL QUERY WHERE position(query, ${stringLiteral(tag)}) > 0 AND query_kind != 'KillQuery' ASYNC`);
    } finally {
      session.close();
    }
  }

  /** Closes the directory after everything that still runs. May be called twice. */
  async close(): Promise<void> {
    const anchor = this.#anchor;
    this.#anchor = undefined;
    if (anchor === undefined) return;
    this.#kept.close();
    await drainPending();
    anchor.close();
    await drainPending();
  }

  /** The configuration is read once, from a private place: the engine cannot read one below a path with a backslash. */
  async #connect(): Promise<Session> {
    const directory = await mkdtemp(join(tmpdir(), 'droplens-engine-'));
    try {
      const configuration = join(directory, 'config.xml');
      await writeFile(configuration, serverConfiguration(this.#config, configuration), { mode: 0o600 });
      return new Session(this.#path, { connectionArgs: [`--config-file=${configuration}`] });
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  /** Everything a request's session needs, in one go; the reader's limits and its role cannot be changed afterwards. */
  #prelude(wishes: SessionWishes): string {
    const memory = this.#config.memory_mb * 1024 * 1024;
    const settings = new Map<string, string>([
      // chDB takes `foo` for `SELECT foo` otherwise.
      ['implicit_select', '0'],
      ['allow_introspection_functions', '0'],
      ['max_threads', String(this.#config.threads)],
      // by itself the engine runs every query on one thread where a thread would have less than 1 GiB to itself
      ['max_threads_min_free_memory_per_thread', '0'],
      ['async_insert', '0'],
      ['max_memory_usage', String(Math.floor(memory * 0.75))],
      ['max_bytes_before_external_group_by', String(Math.floor(memory / 4))],
      ['max_bytes_before_external_sort', String(Math.floor(memory / 4))],
    ]);
    if (wishes.role === 'readonly') {
      settings.set('max_execution_time', String(this.#config.max_execution_seconds));
      settings.set('max_result_bytes', String(this.#config.max_result_mb * 1024 * 1024));
      settings.set('result_overflow_mode', 'throw');
    }
    for (const [name, value] of wishes.settings) settings.set(name, value);
    const statements = [setStatement(settings), ...parameterStatements(wishes.parameters)];
    statements.push(`USE ${identifier(wishes.database ?? 'default')}`, `SET ROLE ${engineRoles[wishes.role]}`);
    if (wishes.role === 'readonly') statements.push('SET readonly = 2');
    return statements.join('; ');
  }
}

function setStatement(settings: ReadonlyMap<string, string>): string {
  return `SET ${[...settings].map(([name, value]) => `${identifier(name)} = ${stringLiteral(value)}`).join(', ')}`;
}

/** Parameters arrive escaped as in TabSeparated, and SET takes them so. */
function parameterStatements(parameters: ReadonlyMap<string, string>): string[] {
  return [...parameters].map(([name, value]) => `SET ${identifier(`param_${name}`)} = ${stringLiteral(value)}`);
}
