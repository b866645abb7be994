import { join } from 'node:path';
import { DroplensError, pause, type Reporter } from '@droplens/runtime';
import { batchLimits, type TransportWriter } from '@droplens/transport';
import type { ActionRule } from '@droplens/netfilter-log';
import { RowWriter } from '../record/row-writer.ts';
import { GzipDamage } from './compressed.ts';
import { EpochRegistry } from './epoch-registry.ts';
import { type ImportInput, openInput, openStream, unreadable } from './import-input.ts';
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

/** The last line of a log that is being written may be unfinished for a moment. */
async function awaitLine(input: ImportInput, load: StreamLoad, signal: AbortSignal): Promise<void> {
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
