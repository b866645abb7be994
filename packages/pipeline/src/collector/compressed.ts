import { createGunzip } from 'node:zlib';

/** A gzip stream that ends early or is not one; `offset` counts the compressed bytes that were read. */
export class GzipDamage extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'GzipDamage';
    this.offset = offset;
  }
}

/** True when `bytes` begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The name of the compression that `bytes` begin with, or null: what we cannot read but can name. */
export function foreignCompression(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (start.startsWith('\xfd7zXZ')) return 'xz';
  if (/^BZh[1-9]/.test(start)) return 'bzip2';
  if (start.startsWith('(\xb5/\xfd')) return 'zstd';
  if (start.startsWith('\x04"M\x18')) return 'lz4';
  if (start.startsWith('PK\x03\x04')) return 'zip';
  return null;
}

/** Pieces of compressed bytes must be small: a thousandfold of one may be in memory. */
export const compressedChunkBytes = 16 * 1024;

/**
 * Decompresses `raw` (one member or several), piece by piece as it is asked for. What came before damage is yielded before GzipDamage is thrown.
 */
export async function* gunzipped(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 128 * 1024 });
  let out: Buffer[] = [];
  let failure: Error | undefined;
  let offset = 0;
  const ended = new Promise<void>((resolve) => {
    gunzip.on('data', (chunk: Buffer) => out.push(chunk));
    gunzip.on('error', (error) => {
      failure = error;
      resolve();
    });
    gunzip.on('end', resolve);
  });
  try {
    for await (const chunk of raw) {
      offset += chunk.length;
      const written = new Promise<void>((resolve) => gunzip.write(chunk, () => resolve()));
      await Promise.race([written, ended]);
      const ready = out;
      out = [];
      yield* ready;
      if (failure !== undefined) break;
    }
    if (failure === undefined) {
      gunzip.end();
      await ended;
      yield* out;
    }
  } finally {
    gunzip.destroy();
  }
  if (failure !== undefined) throw new GzipDamage(`compressed data is damaged or ends early (${failure.message})`, offset);
}
