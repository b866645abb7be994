import type { IncomingMessage } from 'node:http';
import { readBody } from './body.ts';
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts';
import type { EngineConfig } from './config.ts';
import type { Role } from './credentials.ts';
import type { Database, SessionWishes } from './database.ts';
import type { EngineSession, Written } from './engine-session.ts';
import { helloBlock, helloQuery, oneBlock } from './hello.ts';
import { InsertFile, insertSettings } from './insert.ts';
import type { EngineMetrics, Outcome } from './metrics.ts';
import { isQuery, runQuery } from './query.ts';
import { BoundedQueue } from './queue.ts';
import { guardReadonly, openSettingsOf, refuseOutfile, type GuardContext } from './readonly-guard.ts';
import type { Reply } from './reply.ts';
import type { EngineRequest } from './request.ts';
import { engineRoles } from './server-configuration.ts';
import { readStatement, readValuesEnd, type InsertData, type Statement } from './statement.ts';
import { summary } from './summary.ts';

/** A statement that is no insert of rows from a body may be this long; of the reader's, ClickHouse's own max_query_size. */
const maxStatementBytes: Readonly<Record<Role, number>> = { writer: 64 * 1024 * 1024, readonly: 256 * 1024 };

/** One authenticated request. */
export interface Exchange {
  readonly asked: EngineRequest;
  readonly role: Role;
  readonly queryId: string;
  readonly request: IncomingMessage;
  readonly reply: Reply;
  /** Aborted when the client goes away or somebody kills the query; the reason is a ClickHouseError. */
  readonly control: AbortController;
}

/**
 * How many statements of each kind run at once. Every one holds a thread of libuv's pool, which file access of the whole
 * process shares: together they never take more than there are, and only long statements of both accounts take them all.
 */
export function slotsOf(queries: number, poolThreads: number): Record<'insert' | Role, number> {
  const writer = poolThreads >= 6 ? 2 : 1;
  return { insert: 1, writer, readonly: Math.max(1, Math.min(queries, poolThreads - writer - 1)) };
}

/**
 * Decides what a request is and runs it. Inserts have a queue of their own, the writer's statements another, the reader's
 * a third: neither a slow dashboard nor a long statement holds up the rows that come in.
 */
export class StatementRunner {
  readonly #database: Database;
  readonly #config: EngineConfig;
  readonly #directory: string;
  readonly #metrics: EngineMetrics;
  readonly #queues: Readonly<Record<'insert' | Role, BoundedQueue>>;
  /** Queries that can be stopped, by their id. */
  readonly #stoppable = new Map<string, AbortController>();

  /** `directory` is for files that live as long as a request; `poolThreads` is the size of libuv's thread pool. */
  constructor(options: {
    database: Database;
    config: EngineConfig;
    directory: string;
    metrics: EngineMetrics;
    poolThreads: number;
  }) {
    this.#database = options.database;
    this.#config = options.config;
    this.#directory = options.directory;
    this.#metrics = options.metrics;
    const slots = slotsOf(options.config.queries, options.poolThreads);
    const { queue } = options.config;
    this.#queues = {
      insert: new BoundedQueue(slots.insert, queue),
      writer: new BoundedQueue(slots.writer, queue),
      readonly: new BoundedQueue(slots.readonly, queue),
    };
    for (const [name, entry] of Object.entries(this.#queues)) {
      entry.onChange = () => {
        this.#metrics.waiting.set({ queue: name }, entry.waiting);
        this.#metrics.running.set({ queue: name }, entry.running);
      };
    }
  }

  /** Runs the request to its end; rejects with what the client is to be told. */
  async run(exchange: Exchange): Promise<void> {
    const { asked, request, reply } = exchange;
    if (asked.unsupported !== null)
      throw new ClickHouseError(48, 'NOT_IMPLEMENTED', `The parameter ${asked.unsupported}=1 is not supported: use gzip.`);
    const head = Buffer.from(asked.query === '' ? '' : `${asked.query}\n`);
    const early = head.length === 0 ? null : readStatement(head.toString('latin1'), this.#database.formats);
    if (early?.data && early.data.format !== 'Values') return await this.#insert(exchange, head, early.data, request);
    let sql = Buffer.concat([head, await readBody(request, asked.contentEncoding, maxStatementBytes[exchange.role])]);
    if (sql.length <= helloQuery.length + 16 && this.#answerGreeting(sql.toString('latin1').trim(), asked, reply)) return;
    const statement = readStatement(sql.toString('latin1'), this.#database.formats);
    if (statement.data?.format === 'Values') {
      const { end, several } = readValuesEnd(sql.toString('latin1'), statement.data.formatEnd);
      if (several) throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed.');
      sql = sql.subarray(0, end);
    }
    if (statement.data !== null) return await this.#insert(exchange, sql, statement.data, null);
    await this.#statement(exchange, sql, statement);
  }

  /** Stops queries and refuses what waits; running inserts go on. */
  shutDown(): void {
    const error = new ClickHouseError(210, 'NETWORK_ERROR', 'The engine is shutting down.');
    for (const queue of Object.values(this.#queues)) queue.clear(error);
    for (const control of this.#stoppable.values()) control.abort(error);
  }

  #answerGreeting(sql: string, asked: EngineRequest, reply: Reply): boolean {
    if (sql === helloQuery) reply.whole(helloBlock('droplens', this.#database.version));
    else if (sql === 'SELECT 1' && asked.defaultFormat === 'Native') reply.whole(oneBlock);
    else return false;
    return true;
  }

  async #statement(exchange: Exchange, sql: Buffer, statement: Statement): Promise<void> {
    const { asked, role, reply, control, queryId } = exchange;
    if (statement.verb === '') throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Empty query.');
    if (statement.several) throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed.');
    refuseOutfile(statement);
    const settings = this.#settings(exchange, statement);
    const format = statement.format ?? asked.defaultFormat ?? 'TabSeparated';
    if (!this.#database.formats.has(format.toLowerCase()))
      throw new ClickHouseError(73, 'UNKNOWN_FORMAT', `Unknown format ${format}.`);
    if (!isQuery(statement) && asked.method === 'GET') {
      throw new ClickHouseError(
        164,
        'READONLY',
        'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly.',
      );
    }
    const killed = this.#kill(statement);
    if (killed !== null) return reply.whole(Buffer.from(killed));
    this.#stoppable.set(queryId, control);
    const leave = await this.#enter(role, control.signal).catch((error: unknown) => {
      this.#stoppable.delete(queryId);
      throw error;
    });
    const started = performance.now();
    let outcome: Outcome = 'error';
    let release = async (): Promise<void> => leave();
    const limit = role === 'readonly' ? this.#limitTime(control) : undefined;
    try {
      const { session, give } = await this.#database.session(this.#wishes(exchange, settings));
      let given: Promise<void> | undefined;
      release = () => (given ??= give().finally(leave));
      if (isQuery(statement)) {
        const maxResultBytes = (role === 'readonly' ? 4 * this.#config.max_result_mb : this.#config.max_export_mb) * 1024 * 1024;
        const { directory, defaultFormat } = { directory: this.#directory, defaultFormat: asked.defaultFormat };
        await runQuery(
          this.#database,
          { statement, sql, session, defaultFormat, reply, directory, maxResultBytes, control },
          release,
        );
      } else {
        await this.#act(session, statement, sql, format, reply);
        await release();
      }
      outcome = 'ok';
    } catch (error) {
      await release();
      if (control.signal.aborted) outcome = 'cancelled';
      throw error;
    } finally {
      clearTimeout(limit);
      this.#stoppable.delete(queryId);
      this.#metrics.statement(role, outcome, (performance.now() - started) / 1000);
    }
  }

  /** A statement that changes something: to be run to its end whatever becomes of the client. */
  async #act(session: EngineSession, statement: Statement, sql: Buffer, format: string, reply: Reply): Promise<void> {
    const text = sql.toString('utf8');
    if (statement.verb === 'INSERT') {
      const { rowsWritten, bytesWritten, elapsed } = await session.insert(text);
      reply.header('x-clickhouse-summary', summary({ writtenRows: rowsWritten, writtenBytes: bytesWritten, elapsed }));
      reply.whole(new Uint8Array(0));
      return;
    }
    const result = await session.run(text, format);
    reply.header('x-clickhouse-format', format);
    reply.header(
      'x-clickhouse-summary',
      summary({ readRows: result.rowsRead, readBytes: result.bytesRead, elapsed: result.elapsed }),
    );
    reply.whole(result.bytes());
  }

  async #insert(exchange: Exchange, sql: Buffer, data: InsertData, body: IncomingMessage | null): Promise<void> {
    const { asked, role, reply, control } = exchange;
    if (role === 'readonly' || asked.method === 'GET') {
      this.#metrics.refused.inc({ reason: 'forbidden' });
      throw new ClickHouseError(164, 'READONLY', 'Cannot execute query in readonly mode.');
    }
    const settings = new Map([...insertSettings, ...this.#settings(exchange, null)]);
    const file = new InsertFile(this.#directory);
    try {
      await file.fill(sql, data, body, asked.contentEncoding);
      const leave = await this.#enter('insert', control.signal);
      const started = performance.now();
      let outcome: Outcome = 'error';
      try {
        const { session, give } = await this.#database.session(this.#wishes(exchange, settings));
        let written: Written;
        try {
          written = await file.run(session, sql, data);
        } finally {
          await give();
        }
        outcome = 'ok';
        reply.header(
          'x-clickhouse-summary',
          summary({ writtenRows: written.rowsWritten, writtenBytes: written.bytesWritten, elapsed: written.elapsed }),
        );
        reply.whole(new Uint8Array(0));
      } finally {
        leave();
        this.#metrics.insert(outcome, file.bytes, (performance.now() - started) / 1000);
      }
    } finally {
      await file.remove();
    }
  }

  #wishes({ asked, role }: Exchange, settings: ReadonlyMap<string, string>): SessionWishes {
    const unknown = asked.roles.find((name) => name !== engineRoles[role]);
    if (unknown !== undefined) throw new ClickHouseError(511, 'UNKNOWN_ROLE', `There is no role ${unknown} for this account.`);
    return {
      role,
      database: asked.database,
      settings,
      parameters: asked.parameters,
      kept: role === 'writer' ? asked.session : null,
    };
  }

  async #enter(queue: 'insert' | Role, signal: AbortSignal): Promise<() => void> {
    try {
      return await this.#queues[queue].enter(signal);
    } catch (error) {
      if (toClickHouseError(error).code === 202) this.#metrics.refused.inc({ reason: 'queue_full' });
      throw error;
    }
  }

  /** The engine looks at its own limit between blocks; this stops what does not come to that, and a client that reads slowly. */
  #limitTime(control: AbortController): NodeJS.Timeout {
    const seconds = this.#config.max_execution_seconds;
    const error = new ClickHouseError(159, 'TIMEOUT_EXCEEDED', `Timeout exceeded: the query ran longer than ${seconds} seconds.`);
    return setTimeout(() => control.abort(error), seconds * 1000 + 2000);
  }

  /** The URL's settings, checked: the reader gets those that are harmless, the writer an error for one that does not exist. */
  #settings(exchange: Exchange, statement: Statement | null): ReadonlyMap<string, string> {
    const { asked, role } = exchange;
    if (role === 'writer') {
      for (const name of asked.settings.keys()) {
        if (!this.#database.isSetting(name)) throw new ClickHouseError(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
      }
      return asked.settings;
    }
    const context: GuardContext = {
      tableFunctions: this.#database.tableFunctions,
      isSetting: (name) => this.#database.isSetting(name),
      parameters: asked.parameters,
      database: asked.database,
      bounds: new Map([
        ['max_execution_time', this.#config.max_execution_seconds],
        ['max_threads', this.#config.threads],
      ]),
    };
    try {
      if (statement !== null) guardReadonly(statement, context);
      return openSettingsOf(asked.settings, context);
    } catch (error) {
      this.#metrics.refused.inc({ reason: 'forbidden' });
      throw error;
    }
  }

  /**
   * `KILL QUERY WHERE query_id = '…'` by the id the client chose, which the engine cannot know; every other KILL goes to the
   * engine. Null when it is none of this form.
   */
  #kill(statement: Statement): string | null {
    const [kill, query, where, name, equals, id] = statement.tokens;
    const words = [kill, query, where, name, equals].map((token) => token?.text.toUpperCase()).join(' ');
    if (words !== 'KILL QUERY WHERE QUERY_ID =' || id?.kind !== 'string' || id.text.includes('\\')) return null;
    const queryId = id.text.slice(1, -1);
    const control = this.#stoppable.get(queryId);
    control?.abort(new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled.'));
    return control === undefined ? '' : `waiting\t${queryId}\tdefault\t\n`;
  }
}
