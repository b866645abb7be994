import { constants, createReadStream, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DroplensError, pause, type Reporter } from '@droplens/runtime';
import { batchLimits, type TransportWriter } from '@droplens/transport';
import type { ActionRule } from '@droplens/netfilter-log';
import { RowWriter } from '../record/row-writer.ts';
import { damageOf, foreignCompression, GzipDamage, gunzipped, isGzip } from './compressed.ts';
import { EpochRegistry } from './epoch-registry.ts';
import { referenceTime } from './file-source.ts';
import { streamOf } from './identity.ts';
import { createCollectorMetrics } from './metrics.ts';
import { Publisher } from './publisher.ts';
import { StreamLoad } from './stream-load.ts';

export interface ImportOptions {
  /** The state directory of the collector of this machine: it knows which contents were read before under another name. */
  readonly directory: string;
  readonly writer: TransportWriter;
  readonly host: string;
  readonly machineId: string;
  readonly timeZone?: string | undefined;
  readonly bootTime?: number | undefined;
  readonly actions?: readonly ActionRule[] | undefined;
  readonly reporter: Reporter;
  /** What `-` reads; default: the process's standard input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Called after every piece, several times a second. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops early; what was read so far stays loaded. */
  readonly signal?: AbortSignal;
}

export interface ImportProgress {
  readonly path: string;
  /** Bytes of the file as it is on disk (compressed, if it is). */
  readonly bytesRead: number;
  /** Null where it cannot be known (a pipe). */
  readonly bytesTotal: number | null;
  readonly lines: number;
  /** Rows found so far; what is stored already is cut later, by the loader. */
  readonly records: number;
}

export interface ImportResult extends ImportProgress {
  /** Null when the file holds no packet line. */
  readonly epoch: string | null;
  /** Rows handed to the transport. */
  readonly rows: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Lines or packets that the file says are missing from it. */
  readonly undercounted: number;
  /** True when `signal` ended it. */
  readonly stopped: boolean;
}

const chunkBytes = 1024 * 1024;
/** A log that was written to so recently may be in the middle of a line. */
const freshMs = 10_000;
const waitForLineMs = 1_500;

/**
 * Loads a log file (plain, gzip whatever its name, a pipe, or `-`) through the same path as a followed one, with the same identity:
 * again, renamed, compressed, grown, or followed live before or at the same time, nothing is stored twice.
 * Resolves when all of it is durable in the transport. Rejects with DL_IMPORT_UNREADABLE, or with DL_IMPORT_DAMAGED naming the place,
 * and then what came before is loaded.
 */
export async function importFile(path: string, options: ImportOptions): Promise<ImportResult> {
  const signal = options.signal ?? new AbortController().signal;
  const registry = new EpochRegistry(join(options.directory, 'epochs'));
  await registry.start();
  const metrics = createCollectorMetrics(options.reporter.registry);
  const input = path === '-' ? await openStream(options.stdin ?? process.stdin) : await openInput(path);
  const load = new StreamLoad({
    registry,
    publisher: new Publisher({
      stream: streamOf(options.machineId, 'file'),
      kind: 'file',
      host: options.host,
      writer: options.writer,
      metrics,
      reporter: options.reporter,
    }),
    rows: new RowWriter({
      host: options.host,
      timeZone: options.timeZone,
      bootTime: options.bootTime,
      actions: options.actions,
      maxRows: batchLimits.rows,
      maxBytes: batchLimits.bytes - 512 * 1024,
    }),
    source: path,
    reference: () => input.reference,
    metrics,
  });
  const progress = (): ImportProgress => ({
    path,
    bytesRead: input.bytesRead(),
    bytesTotal: input.bytesTotal,
    lines: load.counts.lines,
    records: load.counts.records,
  });
  const result = (stopped: boolean): ImportResult => ({
    ...progress(),
    epoch: load.epoch,
    rows: load.rows,
    rejected: { ...load.counts.rejected },
    undercounted: load.undercounted,
    stopped,
  });
  try {
    for await (const chunk of input.chunks) {
      if (!(await load.push(chunk, signal))) return result(true);
      options.onProgress?.(progress());
    }
    if (input.grown !== undefined && load.received > 0) await awaitLine(input, load, signal);
    const ended = await load.end(true, signal);
    options.onProgress?.(progress());
    return result(!ended);
  } catch (error) {
    if (error instanceof GzipDamage) {
      await load.end(false, signal);
      const loaded =
        load.counts.lines === 0 ? 'nothing of it is loaded' : `the ${load.counts.lines} lines before that are loaded`;
      throw new DroplensError('DL_IMPORT_DAMAGED', `${path}: ${error.message} at byte ${error.offset}; ${loaded}`, {
        cause: error,
      });
    }
    if (error instanceof DroplensError) throw error;
    await load.end(false, signal);
    throw unreadable(path, error as NodeJS.ErrnoException);
  } finally {
    await input.close();
  }
}

/** What became of one of several files. */
export type ImportOutcome =
  | { readonly path: string; readonly result: ImportResult }
  | { readonly path: string; readonly error: DroplensError };

/** Loads one file after the other; a file that cannot be read or is damaged does not keep the others from being loaded. */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<ImportOutcome[]> {
  const outcomes: ImportOutcome[] = [];
  for (const path of paths) {
    if (options.signal?.aborted) break;
    try {
      outcomes.push({ path, result: await importFile(path, options) });
    } catch (error) {
      if (!(error instanceof DroplensError) || !error.code.startsWith('DL_IMPORT_')) throw error;
      outcomes.push({ path, error });
    }
  }
  return outcomes;
}

interface Input {
  readonly chunks: AsyncIterable<Buffer>;
  readonly bytesTotal: number | null;
  bytesRead(): number;
  /** Milliseconds since 1970. */
  readonly reference: number;
  /** Of a plain file: more of it, if it was written to recently; empty when nothing came in a while. */
  readonly grown?: () => Promise<Buffer>;
  close(): Promise<void>;
}

/** The last line of a log that is being written may be unfinished for a moment. */
async function awaitLine(input: Input, load: StreamLoad, signal: AbortSignal): Promise<void> {
  const until = performance.now() + waitForLineMs;
  while (load.unfinished && performance.now() < until && !signal.aborted) {
    const more = (await input.grown?.()) ?? Buffer.alloc(0);
    if (more.length > 0) {
      if (!(await load.push(more, signal))) return;
      // Up to its newline and no further: what follows belongs to a later import.
      if (more.at(-1) === 10) return;
    } else await pause(50, signal);
  }
}

async function openInput(path: string): Promise<Input> {
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
async function openStream(stream: AsyncIterable<Uint8Array>): Promise<Input> {
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

function unreadable(path: string, error: NodeJS.ErrnoException): DroplensError {
  const why =
    error.code === 'ENOENT'
      ? 'it does not exist'
      : error.code === 'EACCES' || error.code === 'EPERM'
        ? `no permission (user ${process.getuid?.() ?? '?'})`
        : error.message;
  return new DroplensError('DL_IMPORT_UNREADABLE', `cannot read ${path}: ${why}`, { cause: error });
}
