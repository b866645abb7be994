import { isUtf8 } from 'node:buffer';
import { access, mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, syncDirectory, writeDurably } from '@droplens/runtime';
import { z } from 'zod';
import type { DeadLetter } from '../dead-letters.ts';
import { rowIds } from '../letter-id.ts';
import type { DeadRow } from '../transport.ts';
import { parseSpoolName } from './spool-file.ts';

/*
 * Rows that cannot be loaded lie in `dead/<lane>-<spool file>.ndjson`, one object a line: `time` (the batch's load time), `reason`, `stream`, `epoch`,
 * `position`, `row`, and `encoding` when the row is no UTF-8 and so in base64.
 */

/** Writes the rows of a batch; the same batch again writes the same file again. Returns how many of them were not there before. */
export async function buryRows(
  directory: string,
  { lane, file, loadedAt }: { lane: string; file: string; loadedAt: number },
  rows: readonly DeadRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const dead = join(directory, 'dead');
  await mkdir(dead, { recursive: true, mode: 0o700 });
  await syncDirectory(directory);
  const path = join(dead, `${lane}-${file}.ndjson`);
  const known = await access(path).then(
    () => true,
    () => false,
  );
  const time = new Date(loadedAt).toISOString();
  const lines = rows.map(({ stream, epoch, position, reason, row }) => {
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    const text = isUtf8(bytes) ? { row: bytes.toString() } : { row: bytes.toString('base64'), encoding: 'base64' };
    return `${JSON.stringify({ time, reason, stream, epoch, position, ...text })}\n`;
  });
  await writeDurably(path, lines.join(''));
  return known ? 0 : rows.length;
}

/** A letter and the line it stands in. */
export interface KeptRow {
  readonly letter: DeadLetter;
  readonly line: string;
}

/** The letters of one batch. */
export interface DeadFile {
  readonly path: string;
  readonly rows: readonly KeptRow[];
}

/** All files with rows put aside, oldest batch first; none where there is no such directory. DL_DATA_DIRECTORY when they cannot be read. */
export async function* deadFiles(directory: string): AsyncGenerator<DeadFile> {
  const dead = join(directory, 'dead');
  const names = (await whatIsThere(dead, readdir(dead))) ?? [];
  const files = names
    .flatMap((name) => batchOf(name) ?? [])
    .sort((a, b) => a.loadedAt - b.loadedAt || (a.name < b.name ? -1 : 1));
  for (const { name, lane, loadedAt } of files) {
    const path = join(dead, name);
    // one that another process has just replayed is gone
    const text = await whatIsThere(path, readFile(path, 'utf8'));
    if (text === null) continue;
    const lines = text.split('\n').filter((line) => line !== '');
    const rows = lines.map((line) => readLine(line));
    const ids = rowIds(
      rows.map((row, i) => row ?? { stream: '', epoch: '', position: null, row: Buffer.from(lines[i] as string) }),
    );
    yield {
      path,
      rows: lines.map((line, i) => ({ line, letter: letterOf(ids[i] as string, `spool/${lane}`, loadedAt, line, rows[i]) })),
    };
  }
}

/** Writes what remains of a file, and no file when nothing does. */
export async function keepRows(path: string, rows: readonly KeptRow[]): Promise<void> {
  if (rows.length > 0) await writeDurably(path, rows.map(({ line }) => `${line}\n`).join(''));
  // without fsync: should a power loss bring it back, what is replayed once more is cut
  else await unlink(path);
}

const lineSchema = z.object({
  time: z.iso.datetime(),
  reason: z.string(),
  stream: z.string(),
  epoch: z.string(),
  position: z.int().min(0).nullable(),
  row: z.string(),
  encoding: z.literal('base64').optional(),
});

type ReadLine = Omit<z.output<typeof lineSchema>, 'row' | 'encoding'> & { row: Buffer };

/** What a line says; undefined when somebody has changed it to what is none of ours. */
function readLine(line: string): ReadLine | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { row, encoding, ...rest } = parsed.data;
  return { ...rest, row: Buffer.from(row, encoding ?? 'utf8') };
}

function letterOf(id: string, origin: string, loadedAt: number, line: string, read: ReadLine | undefined): DeadLetter {
  const common = { id, kind: 'row', origin, key: null, headers: {} } as const;
  if (read === undefined) {
    const unreadable = { reason: 'unreadable', stream: null, epoch: null, position: null };
    return { ...common, ...unreadable, time: loadedAt, bytes: Buffer.from(line) };
  }
  const { time, reason, stream, epoch, position, row } = read;
  return { ...common, time: Date.parse(time), reason, stream, epoch, position, bytes: row };
}

/** What the name says of the batch; null for the name of another file. */
function batchOf(name: string): { name: string; lane: string; loadedAt: number } | null {
  const [, lane = '', file = ''] = /^([a-z0-9-]+?)-(\d{12}-.*)\.ndjson$/.exec(name) ?? [];
  const spool = parseSpoolName(file);
  return spool === null ? null : { name, lane, loadedAt: spool.loadedAt };
}

async function whatIsThere<T>(path: string, reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw diskError(error, 'read', path, 'DL_TRANSPORT_UNAVAILABLE');
  }
}
