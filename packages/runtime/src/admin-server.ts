import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Component } from './lifecycle.ts';
import { parseListen } from './listen.ts';

/** Answers why the process is not ready, or null when it is. */
export type ReadinessCheck = () => string | null;

/** `/metrics` (Prometheus), `/healthz` (the event loop turns), `/readyz` (503 with the reason until ready). */
export class AdminServer implements Component {
  readonly #listen: string;
  readonly #registry: Registry;
  readonly #ready: ReadinessCheck;
  #server: Server | undefined;

  constructor(options: { listen: string; registry: Registry; ready: ReadinessCheck }) {
    this.#listen = options.listen;
    this.#registry = options.registry;
    this.#ready = options.ready;
  }

  /** The bound address, `host:port`; only after `start`. */
  get address(): string {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the admin server is not listening');
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
  }

  async start(): Promise<void> {
    const { host, port } = parseListen(this.#listen);
    const server = createServer((request, response) => void this.#answer(request.url ?? '/', response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    server.unref();
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const path = url.split('?', 1)[0];
    if (path === '/metrics') {
      response.setHeader('content-type', this.#registry.contentType);
      response.end(await this.#registry.metrics());
    } else if (path === '/healthz') {
      response.end('ok\n');
    } else if (path === '/readyz') {
      const reason = this.#ready();
      response.statusCode = reason === null ? 200 : 503;
      response.end(`${reason ?? 'ok'}\n`);
    } else {
      response.statusCode = 404;
      response.end('not found: /metrics, /healthz and /readyz are here\n');
    }
  }
}
