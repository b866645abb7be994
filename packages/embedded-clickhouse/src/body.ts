import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ClickHouseError } from './clickhouse-error.ts';

/** Chunks of a body are written to disk in pieces of this size: one call to the thread pool each. */
const writeBytes = 1024 * 1024;

/** The body without its Content-Encoding; a body that ends early makes it fail. */
function decoded(request: IncomingMessage, encoding: string): Readable {
  switch (encoding) {
    case '':
    case 'identity':
      return request;
    case 'gzip':
    case 'x-gzip':
      return pipeline(request, createGunzip(), () => undefined);
    case 'br':
      return pipeline(request, createBrotliDecompress(), () => undefined);
    case 'deflate':
      return pipeline(request, createInflate(), () => undefined);
    default: {
      const message = `Content-Encoding '${encoding}' is not known: use gzip, br or deflate.`;
      throw new ClickHouseError(89, 'UNKNOWN_COMPRESSION_METHOD', message);
    }
  }
}

/** The whole body, decompressed; rejects when it ends early or is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, encoding: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of decoded(request, encoding) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw new ClickHouseError(62, 'SYNTAX_ERROR', `The request is longer than ${limit} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw bodyError(error);
  }
  return Buffer.concat(chunks);
}

/** Writes the body, decompressed, into a new file behind `head`; returns its size. A body that ends early rejects. */
export async function spoolBody(request: IncomingMessage, encoding: string, path: string, head: Uint8Array): Promise<number> {
  let file: FileHandle | undefined;
  try {
    const source = decoded(request, encoding);
    file = await open(path, 'wx', 0o600);
    let chunks: Uint8Array[] = head.length > 0 ? [head] : [];
    let waiting = head.length;
    let written = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      waiting += chunk.length;
      if (waiting < writeBytes) continue;
      written += await writeAll(file, chunks, waiting);
      chunks = [];
      waiting = 0;
    }
    if (waiting > 0) written += await writeAll(file, chunks, waiting);
    return written;
  } catch (error) {
    throw bodyError(error);
  } finally {
    await file?.close();
  }
}

/** A short write means a full disk: the next one says so. */
async function writeAll(file: FileHandle, chunks: Uint8Array[], length: number): Promise<number> {
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten < length) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
  return length;
}

function bodyError(error: unknown): unknown {
  if (error instanceof ClickHouseError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('Z_') || code.startsWith('ERR__ERROR_FORMAT') || code.startsWith('ERR_BROTLI')) {
    return new ClickHouseError(354, 'ZLIB_INFLATE_FAILED', 'The body cannot be decompressed.', { cause: error });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ClickHouseError(243, 'NOT_ENOUGH_SPACE', 'No space left on the disk for the data of this insert.', {
      cause: error,
    });
  }
  return new ClickHouseError(1000, 'POCO_EXCEPTION', `The body could not be read: ${(error as Error).message}`, { cause: error });
}
