import { createGunzip } from 'node:zlib';

/** A gzip stream that ends early or whose content is not what was compressed; `offset` counts the compressed bytes read until that showed. */
export class GzipDamage extends Error {
  readonly offset: number;
  /** True when only its end is missing: what is there is right. */
  readonly early: boolean;

  constructor(cause: Error & { code?: string }, offset: number) {
    const early = cause.code === 'Z_BUF_ERROR';
    super(early ? 'compressed data ends early' : `compressed data is damaged (${cause.message})`, { cause });
    this.name = 'GzipDamage';
    this.offset = offset;
    this.early = early;
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
 * Decompresses `raw` (one member or several), piece by piece as it is asked for. What came before is yielded before GzipDamage is thrown;
 * unless it only ends early, that may be wrong.
 */
export async function* gunzipped(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 32 * 1024 });
  let out: Buffer[] = [];
  let failure: (Error & { code?: string }) | undefined;
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
      if (failure !== undefined) break;
      const ready = out;
      out = [];
      yield* ready;
    }
    if (failure === undefined) {
      gunzip.end();
      await ended;
    }
    // Z_BUF_ERROR: it only ends early, and all that came is right.
    if (failure === undefined || failure.code === 'Z_BUF_ERROR') yield* out;
  } finally {
    gunzip.destroy();
  }
  if (failure !== undefined) throw new GzipDamage(failure, offset);
}

/**
 * Reads `raw` once through and says what is wrong with it, or null. Damage in the middle decodes to text that looks right, up to the checksum at the end:
 * it would be stored as packets that never were, so whoever can reads twice.
 */
export async function damageOf(raw: AsyncIterable<Buffer>): Promise<GzipDamage | null> {
  try {
    for await (const chunk of gunzipped(raw)) if (chunk.length === 0) break;
    return null;
  } catch (error) {
    if (error instanceof GzipDamage) return error;
    throw error;
  }
}
