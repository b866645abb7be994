import { Readable } from 'node:stream';
import {
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
  type DataFormat,
} from '@clickhouse/client';
import { DroplensError } from '@droplens/runtime';
import { databaseError, type Purpose } from './database-error.ts';
import type { StoreMetrics } from './metrics.ts';
import { statement } from './sql-files.ts';

/** Where the database is. */
export interface ConnectionOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** How long an answer is waited for. Default 330: an inserted batch may wait behind merges for long; the server ends it after 300 s itself. */
  readonly timeoutSeconds?: number | undefined;
  readonly metrics: StoreMetrics;
}

/** Values for `{name:Type}` parameters. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Sent with every question: numbers as JSON numbers, and an end to what runs away. Never with inserts: theirs are in the SQL text. */
const questionSettings = { output_format_json_quote_64bit_integers: 0, max_execution_time: 120 } as const;

/** One database over HTTP. Every failure comes out as a DroplensError whose disposition says what to do. */
export class Connection {
  readonly database: string;
  readonly url: string;
  readonly #client: ClickHouseClient;
  /** Names no database: it may not exist yet. */
  readonly #server: ClickHouseClient;
  readonly #metrics: StoreMetrics;

  constructor(options: ConnectionOptions) {
    this.database = options.database;
    this.url = options.url;
    this.#metrics = options.metrics;
    const create = (database: string): ClickHouseClient =>
      createClient({
        database,
        url: options.url,
        username: options.username,
        password: options.password,
        request_timeout: (options.timeoutSeconds ?? 330) * 1000,
        application: 'droplens',
        // below the smallest keep-alive of servers and proxies (Node's own HTTP server: 5 s, ClickHouse: 10 s)
        keep_alive: { enabled: true, idle_socket_ttl: 2000, eagerly_destroy_stale_sockets: true },
        compression: { request: false, response: false },
        // failures reach the caller as errors; the client's own log lines would say them twice
        log: { level: ClickHouseLogLevel.OFF },
      });
    try {
      this.#client = create(options.database);
      this.#server = create('default');
    } catch (error) {
      throw new DroplensError('DL_CONFIG_INVALID', `store.url '${options.url}': ${(error as Error).message}`, { cause: error });
    }
  }

  /** Resolves when the database answers and accepts the user. */
  async ping(): Promise<void> {
    const what = `asking ${this.url}`;
    const result = await this.#server.ping({ select: true }).catch((error: unknown) => ({ success: false as const, error }));
    if (!result.success) throw databaseError(result.error, what, 'load');
  }

  /** The rows that a statement of `sql/queries/` answers; `edit` fills in what no parameter can be. */
  async rows<Row>(name: string, parameters: Parameters = {}, edit: (sql: string) => string = (sql) => sql): Promise<Row[]> {
    const end = this.#metrics.querySeconds.startTimer({ query: name });
    const rows = await this.select<Row>(edit(statement(name)), parameters, `query ${name}`, 'load');
    end();
    return rows;
  }

  /** The rows of any SELECT as objects. */
  async select<Row>(sql: string, parameters: Parameters, what: string, purpose: Purpose): Promise<Row[]> {
    try {
      const result = await this.#client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: parameters,
        clickhouse_settings: questionSettings,
      });
      return await result.json<Row>();
    } catch (error) {
      throw databaseError(error, what, purpose);
    }
  }

  /** Rows one after the other as the database finds them; leaving the loop early cancels the query. */
  async *stream<Row>(name: string, parameters: Parameters): AsyncGenerator<Row> {
    const stop = new AbortController();
    try {
      const result = await this.#client.query({
        query: statement(name),
        format: 'JSONEachRow',
        query_params: parameters,
        abort_signal: stop.signal,
        clickhouse_settings: questionSettings,
      });
      for await (const rows of result.stream<Row>()) {
        for (const row of rows) yield row.json<Row>();
      }
    } catch (error) {
      throw databaseError(error, `query ${name}`, 'load');
    } finally {
      stop.abort();
    }
  }

  /** The bytes of a person's own query in `format`, allowed to read only; leaving the loop early cancels the query. */
  async *bytes(sql: string, format: string): AsyncGenerator<Uint8Array> {
    const stop = new AbortController();
    const ask = (settings: ClickHouseSettings): Promise<{ stream: Readable }> =>
      this.#client.exec({
        query: sql,
        abort_signal: stop.signal,
        clickhouse_settings: { default_format: format as DataFormat, ...settings },
      });
    try {
      const { stream } = await ask({ readonly: '1' }).catch((error: unknown) => {
        // an account that may only read anyway may not be told so again
        if (isReadonlyRefusal(error)) return ask({});
        throw error;
      });
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (error) {
      throw databaseError(error, 'your query', 'question');
    } finally {
      stop.abort();
    }
  }

  /** Runs a statement that answers nothing. */
  async command(sql: string, parameters: Parameters, what: string): Promise<void> {
    try {
      await this.#client.command({ query: sql, query_params: parameters });
    } catch (error) {
      throw databaseError(error, what, 'load');
    }
  }

  /** Runs an INSERT whose rows are `data`; resolved = the database has confirmed it, rejected = unknown, unless the disposition is `discard`. */
  async insert(sql: string, data: Uint8Array, parameters: Parameters, what: string): Promise<void> {
    try {
      const { stream } = await this.#client.exec({
        query: sql,
        values: Readable.from([data], { objectMode: false }),
        query_params: parameters,
      });
      // the answer has no body; reading it frees the socket
      for await (const chunk of stream) void chunk;
    } catch (error) {
      throw databaseError(error, what, 'load');
    }
  }

  /** Makes the database if there is none. */
  async createDatabase(): Promise<void> {
    const what = `creating the database ${this.database}`;
    try {
      const found = await this.#server.query({
        query: 'SELECT 1 FROM system.databases WHERE name = {name:String}',
        format: 'JSONEachRow',
        query_params: { name: this.database },
      });
      if ((await found.json()).length > 0) return;
      await this.#server.command({ query: `CREATE DATABASE IF NOT EXISTS \`${this.database}\`` });
    } catch (error) {
      throw databaseError(error, what, 'load');
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#server.close();
  }
}

/** ClickHouse: READONLY (164), because `readonly` itself is a setting that a read-only account may not set. */
function isReadonlyRefusal(error: unknown): boolean {
  return error instanceof ClickHouseError && error.code === '164' && /'readonly'/.test(error.message);
}
