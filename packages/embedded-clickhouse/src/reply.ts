import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import { ClickHouseError } from './clickhouse-error.ts';

/** A client that reads nothing for so long is given up, in milliseconds. */
const stallMs = 120_000;

/**
 * One response: whole with a length, or streamed with backpressure. A failure before the first byte gets its status; after
 * that an exception block, as a ClickHouse server writes it, so that no client takes a part for the whole.
 */
export class Reply {
  readonly #response: ServerResponse;
  readonly #gzip: boolean;
  readonly #tag = randomBytes(8).toString('hex');
  #compressor: Gzip | undefined;

  constructor(response: ServerResponse, gzip: boolean) {
    this.#response = response;
    this.#gzip = gzip;
  }

  header(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  /** Sends everything at once. */
  whole(bytes: Uint8Array): void {
    if (!this.#gzip || bytes.length === 0) {
      this.#response.end(bytes);
      return;
    }
    this.#open().end(bytes);
  }

  /** Sends one piece; resolves when the client has room for more, rejects when it is gone, stalls, or `signal` aborts. */
  async write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#response.headersSent && this.#compressor === undefined) {
      this.#response.setHeader('x-clickhouse-exception-tag', this.#tag);
    }
    const sink = this.#open();
    if (sink.write(chunk)) return;
    const timeout = AbortSignal.timeout(stallMs);
    await once(sink, 'drain', { signal: AbortSignal.any([signal, timeout]) }).catch(() => {
      signal.throwIfAborted();
      throw new ClickHouseError(209, 'SOCKET_TIMEOUT', `The client has read nothing for ${stallMs / 1000} seconds.`);
    });
  }

  /** Ends a streamed response. */
  end(): void {
    this.#open().end();
  }

  /** Ends the response with an error, however far it has come. */
  fail(error: ClickHouseError): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    if (this.#compressor === undefined && !response.headersSent) {
      for (const name of response.getHeaderNames()) if (name.startsWith('content-')) response.removeHeader(name);
      response.removeHeader('x-clickhouse-exception-tag');
      response.removeHeader('x-clickhouse-summary');
      response.statusCode = error.status;
      response.setHeader('content-type', 'text/plain; charset=UTF-8');
      response.setHeader('x-clickhouse-exception-code', String(error.code));
      response.end(error.text);
      return;
    }
    const text = error.text.trimEnd();
    const length = Buffer.byteLength(text) + 1;
    this.#open().end(`\r\n__exception__\r\n${this.#tag}\r\n${text}\n${length} ${this.#tag}\r\n__exception__\r\n`);
  }

  #open(): Writable {
    if (!this.#gzip) return this.#response;
    if (this.#compressor === undefined) {
      this.#response.setHeader('content-encoding', 'gzip');
      this.#compressor = createGzip({ level: 1 });
      this.#compressor.pipe(this.#response);
    }
    return this.#compressor;
  }
}
