import { constants, createReadStream, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { DroplensError } from '@droplens/runtime';
import { damageOf, foreignCompression, gunzipped, isGzip } from './compressed.ts';
import { referenceTime } from './reference-time.ts';

const chunkBytes = 1024 * 1024;
/** A log that was written to so recently may be in the middle of a line. */
const freshMs = 10_000;

/** What an import reads: decompressed pieces, and how far they are. */
export interface ImportInput {
  readonly chunks: AsyncIterable<Buffer>;
  readonly bytesTotal: number | null;
  bytesRead(): number;
  /** Milliseconds since 1970. */
  readonly reference: number;
  /** Of a plain file: more of it, if it was written to recently; empty when nothing came in a while. */
  readonly grown?: () => Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens a file or a pipe; what cannot be read, or is damaged within, is DL_IMPORT_UNREADABLE or DL_IMPORT_DAMAGED. */
export async function openInput(path: string): Promise<ImportInput> {
  let handle: FileHandle;
  let stats: Stats;
  try {
    stats = await stat(path);
    if (stats.isDirectory()) {
      const example = `${path.replace(/\/+$/, '')}/*.log`;
      throw new DroplensError('DL_IMPORT_UNREADABLE', `${path} is a directory: name the files in it, such as ${example}`);
    }
    // A pipe is opened once: its writer would take a second opening for the end of its reader.
    if (stats.isFIFO() || stats.isCharacterDevice()) return await openStream(createReadStream(path));
    if (!stats.isFile()) throw new DroplensError('DL_IMPORT_UNREADABLE', `${path} is neither a file nor a pipe`);
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof DroplensError) throw error;
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  let offset = 0;
  const start = Buffer.alloc(6);
  await handle.read(start, 0, 6, 0);
  const foreign = foreignCompression(start);
  if (foreign !== null) {
    await handle.close();
    throw new DroplensError(
      'DL_IMPORT_UNREADABLE',
      `${path} is compressed with ${foreign}: unpack it into a pipe to \`droplens import -\``,
    );
  }
  const compressed = isGzip(start);
  if (compressed) {
    // Only its end missing: what is there is loaded, and the error comes when it is reached.
    const damage = await damageOf(readAhead(handle, 16 * 1024, () => undefined));
    if (damage !== null && !damage.early) {
      await handle.close();
      throw new DroplensError(
        'DL_IMPORT_DAMAGED',
        `${path}: ${damage.message} at byte ${damage.offset}; nothing of it is loaded, for any of its lines may be wrong`,
        { cause: damage },
      );
    }
  }
  const raw = readAhead(handle, compressed ? 16 * 1024 : chunkBytes, (position) => (offset = position));
  const fresh = Date.now() - stats.mtimeMs < freshMs;
  return {
    chunks: compressed ? gunzipped(raw) : raw,
    bytesTotal: stats.size,
    bytesRead: () => offset,
    reference: referenceTime(stats.mtimeMs),
    ...(compressed || !fresh
      ? {}
      : {
          grown: async () => {
            const buffer = Buffer.alloc(64 * 1024);
            const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
            const newline = buffer.subarray(0, bytesRead).indexOf(10);
            const length = newline < 0 ? bytesRead : newline + 1;
            offset += length;
            return buffer.subarray(0, length);
          },
        }),
    close: async () => handle.close(),
  };
}

/** Reads while the piece before is worked on. Two buffers take turns, so a piece is valid until the next one is asked for. */
async function* readAhead(handle: FileHandle, size: number, onRead: (position: number) => void): AsyncGenerator<Buffer> {
  const buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)] as const;
  let position = 0;
  let turn: 0 | 1 = 0;
  let reading = handle.read(buffers[turn], 0, size, position);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    const piece = buffers[turn].subarray(0, bytesRead);
    position += bytesRead;
    turn = turn === 0 ? 1 : 0;
    reading = handle.read(buffers[turn], 0, size, position);
    reading.catch(() => undefined); // awaited when the next piece is asked for
    onRead(position);
    yield piece;
  }
}

/** A pipe; compressed or not shows its first piece. */
export async function openStream(stream: AsyncIterable<Uint8Array>): Promise<ImportInput> {
  let read = 0;
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  const begin: Buffer = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let piece: Buffer = begin; ;) {
      for (let from = 0; from < piece.length; from += chunkBytes) {
        const part = piece.subarray(from, from + chunkBytes);
        read += part.length;
        yield part;
      }
      const next = await iterator.next();
      if (next.done === true) return;
      piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
  }
  async function* small(): AsyncGenerator<Buffer> {
    for await (const piece of pieces())
      for (let from = 0; from < piece.length; from += 16_384) yield piece.subarray(from, from + 16_384);
  }
  return {
    chunks: isGzip(begin) ? gunzipped(small()) : pieces(),
    bytesTotal: null,
    bytesRead: () => read,
    reference: Date.now(),
    close: async () => {
      await iterator.return?.();
    },
  };
}

/** A file operation on `path` that failed, as an import says it. */
export function unreadable(path: string, error: NodeJS.ErrnoException): DroplensError {
  const why =
    error.code === 'ENOENT'
      ? 'it does not exist'
      : error.code === 'EACCES' || error.code === 'EPERM'
        ? `no permission (user ${process.getuid?.() ?? '?'})`
        : error.message;
  return new DroplensError('DL_IMPORT_UNREADABLE', `cannot read ${path}: ${why}`, { cause: error });
}
