import { randomUUID } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DroplensError, parseListen, type Reporter } from '@droplens/runtime';
import { readBody, spoolBody } from './body.ts';
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts';
import type { EngineConfig } from './config.ts';
import { authenticate, type Credentials, type Role } from './credentials.ts';
import type { Database } from './database.ts';
import { helloBlock, helloQuery, oneBlock } from './hello.ts';
import { dataStart } from './lexer.ts';
import { BoundedQueue } from './queue.ts';
import { stringLiteral } from './quoting.ts';
import { readRequest, type EngineRequest } from './request.ts';
import { readStatement, type Statement } from './statement.ts';

/** A statement that is no insert of rows from a body may be this long. */
const maxStatementBytes = 64 * 1024 * 1024;

export class HttpEndpoint {
  readonly #config: EngineConfig;
  readonly #credentials: Credentials;
  readonly #database: Database;
  readonly #inserts: string;
  readonly #instance: string;
  readonly #reporter: Reporter | undefined;
  readonly #server: Server;
  readonly #queues: { readonly insert: BoundedQueue; readonly writer: BoundedQueue; readonly readonly: BoundedQueue };
  #running = new Set<Promise<void>>();
  #stopping = false;

  constructor(options: {
    config: EngineConfig;
    credentials: Credentials;
    database: Database;
    inserts: string;
    instance: string;
    reporter?: Reporter;
  }) {
    this.#config = options.config;
    this.#credentials = options.credentials;
    this.#database = options.database;
    this.#inserts = options.inserts;
    this.#instance = options.instance;
    this.#reporter = options.reporter;
    const { queries, queue } = options.config;
    this.#queues = {
      insert: new BoundedQueue(1, queue),
      writer: new BoundedQueue(1, queue),
      readonly: new BoundedQueue(queries, queue),
    };
    this.#server = createServer((request, response) => {
      const work = this.#answer(request, response).finally(() => this.#running.delete(work));
      this.#running.add(work);
    });
    this.#server.requestTimeout = 0;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  async start(): Promise<void> {
    const { host, port } = parseListen(this.#config.listen);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    }).catch((error: unknown) => {
      throw new DroplensError(
        'DL_ENGINE_FAILED',
        `the engine cannot listen on ${this.#config.listen}: ${(error as Error).message}`,
        { cause: error },
      );
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await Promise.allSettled(this.#running);
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readRequest(request);
    const queryId = asked.queryId ?? randomUUID();
    response.setHeader('x-clickhouse-query-id', /^[\x21-\x7e]{1,200}$/.test(queryId) ? queryId : randomUUID());
    response.setHeader('x-clickhouse-server-display-name', 'droplens');
    try {
      if (asked.path === '/ping' || (asked.method === 'GET' && asked.query === '')) {
        response.setHeader('x-droplens-instance', this.#instance);
        response.end('Ok.\n');
        return;
      }
      if (this.#stopping) throw new ClickHouseError(210, 'NETWORK_ERROR', 'The engine is shutting down.');
      const role = authenticate(this.#credentials, asked.account);
      if (role === null) {
        throw new ClickHouseError(
          516,
          'AUTHENTICATION_FAILED',
          `${asked.account?.username ?? 'default'}: Authentication failed: password is incorrect, or there is no such user.`,
        );
      }
      await this.#execute(asked, role, request, response);
    } catch (error) {
      this.#fail(toClickHouseError(error), request, response);
    }
  }

  async #execute(asked: EngineRequest, role: Role, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const head = Buffer.from(asked.query === '' ? '' : `${asked.query}\n`);
    const early = head.length === 0 ? null : readStatement(head.toString('latin1'), this.#database.formats);
    if (early?.data && early.data.format !== 'Values') {
      if (role === 'readonly') throw readonlyError();
      await this.#insert(asked, head, early, gone.signal, response, (path, rest) =>
        spoolBody(request, asked.contentEncoding, path, rest),
      );
      return;
    }
    const sql = Buffer.concat([head, await readBody(request, asked.contentEncoding, maxStatementBytes)]);
    const text = sql.toString('utf8').trim();
    if (text === helloQuery) return this.#send(asked, response, helloBlock('droplens', this.#database.version));
    if (text === 'SELECT 1' && asked.defaultFormat === 'Native') return this.#send(asked, response, oneBlock);
    const statement = readStatement(sql.toString('latin1'), this.#database.formats);
    if (statement.data !== null && statement.data.format !== 'Values') {
      if (role === 'readonly') throw readonlyError();
      const { writeFile } = await import('node:fs/promises');
      await this.#insert(asked, sql, statement, gone.signal, response, async (path, rest) => {
        await writeFile(path, rest, { mode: 0o600, flag: 'wx' });
        return rest.length;
      });
      return;
    }
    const leave = await this.#queues[role === 'readonly' ? 'readonly' : 'writer'].enter(gone.signal);
    try {
      const session = await this.#database.session({
        role,
        database: asked.database,
        settings: asked.settings,
        parameters: asked.parameters,
      });
      try {
        const format = asked.defaultFormat ?? 'TabSeparated';
        const result = await session.run(sql.toString('utf8'), format);
        response.setHeader('x-clickhouse-format', statement.format ?? format);
        response.setHeader(
          'x-clickhouse-summary',
          JSON.stringify({
            read_rows: String(result.rowsRead),
            read_bytes: String(result.bytesRead),
            written_rows: '0',
            written_bytes: '0',
            elapsed_ns: String(Math.round(result.elapsed * 1e9)),
          }),
        );
        this.#send(asked, response, result.bytes());
      } finally {
        session.close();
      }
    } finally {
      leave();
    }
  }

  async #insert(
    asked: EngineRequest,
    sql: Buffer,
    statement: Statement,
    gone: AbortSignal,
    response: ServerResponse,
    spool: (path: string, rest: Uint8Array) => Promise<number>,
  ): Promise<void> {
    const data = statement.data!;
    const path = join(this.#inserts, `${randomUUID()}.data`);
    try {
      await spool(path, sql.subarray(dataStart(sql, data.formatEnd)));
      const text = sql.toString('utf8', 0, data.headEnd);
      const source = (structure: string): string =>
        `file(${stringLiteral(path)}, ${stringLiteral(data.format)}${structure}, 'none')`;
      const insert =
        data.input === null
          ? `${text} SELECT * FROM ${source(", 'auto'")}`
          : sql.toString('utf8', 0, data.input.start) +
            source(`, ${data.input.structure}`) +
            sql.toString('utf8', data.input.end, data.headEnd);
      const leave = await this.#queues.insert.enter(gone);
      try {
        const settings = new Map([['use_structure_from_insertion_table_in_table_functions', '1'], ...asked.settings]);
        const session = await this.#database.session({
          role: 'writer',
          database: asked.database,
          settings,
          parameters: asked.parameters,
        });
        try {
          const result = await session.run(insert);
          response.setHeader(
            'x-clickhouse-summary',
            JSON.stringify({
              read_rows: '0',
              read_bytes: '0',
              written_rows: String(result.rowsRead),
              written_bytes: '0',
              elapsed_ns: String(Math.round(result.elapsed * 1e9)),
            }),
          );
          this.#send(asked, response, new Uint8Array(0));
        } finally {
          session.close();
        }
      } finally {
        leave();
      }
    } finally {
      await unlink(path).catch(() => undefined);
    }
  }

  #send(asked: EngineRequest, response: ServerResponse, bytes: Uint8Array): void {
    if (asked.gzip && bytes.length > 0) {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(bytes, { level: 1 }));
    } else {
      response.end(bytes);
    }
  }

  #fail(error: ClickHouseError, request: IncomingMessage, response: ServerResponse): void {
    this.#reporter?.debug('query failed', { code: error.code, type: error.type });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (!request.complete) response.setHeader('connection', 'close');
    response.statusCode = error.status;
    response.setHeader('content-type', 'text/plain; charset=UTF-8');
    response.setHeader('x-clickhouse-exception-code', String(error.code));
    response.end(error.text);
  }
}

function readonlyError(): ClickHouseError {
  return new ClickHouseError(164, 'READONLY', 'Cannot execute query in readonly mode.');
}
