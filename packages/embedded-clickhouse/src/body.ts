import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ClickHouseError } from './clickhouse-error.ts';

function decoder(encoding: string): Transform {
  switch (encoding) {
    case '':
    case 'identity':
      return new PassThrough();
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      return createInflate();
    default:
      throw new ClickHouseError(
        89,
        'UNKNOWN_COMPRESSION_METHOD',
        `Content-Encoding '${encoding}' is not known: use gzip, br or deflate.`,
      );
  }
}

/** The whole body, decompressed; rejects when it ends early or is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, encoding: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  await pipeline(request, decoder(encoding), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > limit) throw new ClickHouseError(62, 'SYNTAX_ERROR', `The request is longer than ${limit} bytes.`);
      chunks.push(chunk);
    }
  }).catch((error: unknown) => {
    throw bodyError(error);
  });
  return Buffer.concat(chunks);
}

/** Writes the body, decompressed, into a new file behind `head`; returns its size. A body that ends early rejects. */
export async function spoolBody(request: IncomingMessage, encoding: string, path: string, head: Uint8Array): Promise<number> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: 1 << 20 });
  if (head.length > 0) file.write(head);
  await pipeline(request, decoder(encoding), file).catch((error: unknown) => {
    throw bodyError(error);
  });
  return (await stat(path)).size;
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
