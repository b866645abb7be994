import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { DroplensError, parseListen, type Component, type Reporter } from '@droplens/runtime';
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts';
import type { EngineConfig } from './config.ts';
import { authenticate, type Credentials } from './credentials.ts';
import type { EngineMetrics } from './metrics.ts';
import { Reply } from './reply.ts';
import { readRequest } from './request.ts';
import type { StatementRunner } from './statement-runner.ts';

/** ClickHouse's own bound on a URL; Node's default of 16 KiB is too small for statements in it. */
const maxUrlBytes = 1024 * 1024;
/** How long an unread body is swallowed after a refusal, in milliseconds, so that the client gets to read the answer. */
const swallowMs = 10_000;

/** ClickHouse's HTTP interface: ping, authentication, and one statement a request. */
export class HttpEndpoint implements Component {
  readonly #config: EngineConfig;
  readonly #credentials: Credentials;
  readonly #runner: StatementRunner;
  readonly #instance: string;
  readonly #metrics: EngineMetrics;
  readonly #reporter: Reporter | undefined;
  readonly #server: Server;
  readonly #running = new Set<Promise<void>>();
  #stopping = false;

  /** `instance` tells this engine from another one that got its port later. */
  constructor(options: {
    config: EngineConfig;
    credentials: Credentials;
    runner: StatementRunner;
    instance: string;
    metrics: EngineMetrics;
    reporter: Reporter | undefined;
  }) {
    this.#config = options.config;
    this.#credentials = options.credentials;
    this.#runner = options.runner;
    this.#instance = options.instance;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#server = createServer(
      { maxHeaderSize: maxUrlBytes, keepAliveTimeout: 10_000, requestTimeout: 0 },
      (request, response) => {
        const work = this.#answer(request, response).finally(() => this.#running.delete(work));
        this.#running.add(work);
      },
    );
  }

  /** Base URL; only after `start`. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Throws DL_ENGINE_LISTEN when the address cannot be had. */
  async start(): Promise<void> {
    const { host, port } = parseListen(this.#config.listen);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    }).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = unlistenable[code ?? ''] ?? message;
      throw new DroplensError('DL_ENGINE_LISTEN', `the engine cannot listen on ${this.#config.listen}: ${reason}`, {
        cause: error,
      });
    });
    const { address } = this.#server.address() as AddressInfo;
    if (!/^127\.|^::1$/.test(address)) {
      this.#reporter?.warn('the engine listens beyond loopback: passwords and data travel unencrypted', { url: this.url });
    }
  }

  /** Refuses new statements with 503, stops queries, waits for inserts. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    this.#runner.shutDown();
    await Promise.allSettled(this.#running);
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readRequest(request);
    const queryId = asked.queryId !== null && /^[\x21-\x7e]{1,200}$/.test(asked.queryId) ? asked.queryId : randomUUID();
    const reply = new Reply(response, asked.gzip);
    reply.header('x-clickhouse-query-id', queryId);
    reply.header('x-clickhouse-server-display-name', 'droplens');
    reply.header('x-clickhouse-timezone', 'UTC');
    try {
      if (asked.path === '/ping' || (asked.path === '/' && asked.method === 'GET' && asked.query === '')) {
        reply.header('x-droplens-instance', this.#instance);
        reply.whole(Buffer.from('Ok.\n'));
        return;
      }
      const role = authenticate(this.#credentials, asked.account);
      if (role === null) {
        this.#metrics.refused.inc({ reason: 'authentication' });
        const name = asked.account?.username ?? 'default';
        const message = `${name}: Authentication failed: password is incorrect, or there is no user with such name.`;
        throw new ClickHouseError(516, 'AUTHENTICATION_FAILED', message);
      }
      if (this.#stopping) {
        this.#metrics.refused.inc({ reason: 'closing' });
        throw new ClickHouseError(210, 'NETWORK_ERROR', 'The engine is shutting down.');
      }
      if (asked.method !== 'GET' && asked.method !== 'POST') {
        throw new ClickHouseError(
          48,
          'NOT_IMPLEMENTED',
          `The method ${asked.method} is not supported: use POST, or GET to read.`,
        );
      }
      const control = new AbortController();
      response.once('close', () =>
        control.abort(new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled: the client went away.')),
      );
      await this.#runner.run({ asked, role, queryId, request, reply, control });
    } catch (error) {
      this.#refuse(toClickHouseError(error), request, reply);
    }
  }

  #refuse(error: ClickHouseError, request: IncomingMessage, reply: Reply): void {
    this.#reporter?.debug('statement failed', { code: error.code, type: error.type });
    reply.fail(error);
    if (request.complete || request.destroyed) return;
    request.resume();
    const timer = setTimeout(() => request.destroy(), swallowMs);
    request.once('close', () => clearTimeout(timer));
  }
}

/** Why an address cannot be listened on, by Node's code. */
const unlistenable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not use that port',
};
