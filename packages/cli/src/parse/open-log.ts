import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DroplensError } from '@droplens/runtime';
import { CommandError, systemReason } from '../command-error.ts';

const pieceBytes = 256 * 1024;

/** Compressions that are recognised only to be named. */
const otherMagic: readonly (readonly [string, readonly number[]])[] = [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/**
 * The bytes of a log file, or of standard input for `-`; gzip is recognised by its content and decompressed.
 * Rejects with DL_IMPORT_UNREADABLE or DL_IMPORT_DAMAGED, naming the file.
 */
export async function* openLog(path: string): AsyncGenerator<Buffer> {
  if (path === '-') {
    yield* decompressed(process.stdin as AsyncIterable<Buffer>, 'standard input');
    return;
  }
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    yield* decompressed(file.createReadStream({ highWaterMark: pieceBytes, autoClose: false }) as AsyncIterable<Buffer>, path);
  } finally {
    await file.close();
  }
}

async function* decompressed(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    if (first.done === true) return;
    const head = first.value;
    const compression = otherMagic.find(([, magic]) => magic.every((byte, index) => head[index] === byte));
    if (compression !== undefined) {
      throw new CommandError(
        'DL_IMPORT_UNREADABLE',
        `${name}: compressed with ${compression[0]}`,
        `decompress it first, or: ${compression[0]} -dc FILE | droplens parse -`,
      );
    }
    const rest = resumed(head, iterator);
    yield* head[0] === 0x1f && head[1] === 0x8b ? gunzipped(rest, name) : rest;
  } catch (error) {
    throw error instanceof DroplensError ? error : unreadable(name, error);
  } finally {
    await iterator.return?.();
  }
}

async function* resumed(head: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function* gunzipped(pieces: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  // a failure on either side comes out of the iteration below
  pipeline(Readable.from(pieces, { objectMode: false }), gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new DroplensError('DL_IMPORT_DAMAGED', `${name}: damaged or incomplete gzip (${(error as Error).message})`, {
      cause: error,
    });
  }
}

function unreadable(path: string, error: unknown): DroplensError {
  const { code } = error as NodeJS.ErrnoException;
  const remedy =
    code === 'EACCES'
      ? 'run it as a user who may read the file (usually with sudo, or in the group adm)'
      : code === 'EISDIR'
        ? 'give the files in it: directory/*'
        : 'check the path';
  return new CommandError('DL_IMPORT_UNREADABLE', `${path}: ${systemReason(error)}`, remedy, { cause: error });
}
