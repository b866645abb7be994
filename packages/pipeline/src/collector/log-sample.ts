import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseLine } from '@droplens/netfilter-log';
import { referenceTime } from './reference-time.ts';

/** So much of a log's end is looked at. */
const sampleBytes = 1024 * 1024;
/** Packet lines older than this say nothing about what the machine logs now. */
export const recentMs = 7 * 24 * 3_600_000;

/** What the end of a log holds. */
export interface LogSample {
  readonly path: string;
  /** Packet lines of the last seven days, what is denied or unknown; `allow` and `audit` do not count. */
  readonly packets: number;
  /** Event time of the newest (ms); 0 without one. */
  readonly newest: number;
  /** All lines looked at. */
  readonly lines: number;
  /** What identifies each packet line whatever its framing, and when it was: to see whether two logs hold the same lines. */
  readonly keys: ReadonlyMap<string, number>;
}

/** Reads the end of `path`; rejects as `open` does, or with ENOTREG. */
export async function sampleLog(path: string, now: number): Promise<LogSample> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw Object.assign(new Error('it is no regular file'), { code: 'ENOTREG' });
    const from = Math.max(0, stats.size - sampleBytes);
    const buffer = Buffer.alloc(Math.min(stats.size, sampleBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const text = buffer.toString('latin1', 0, bytesRead);
    const lines = text.split('\n');
    if (from > 0) lines.shift(); // the rest of a line
    return sampleLines(path, lines, referenceTime(stats.mtimeMs), now);
  } finally {
    await file.close();
  }
}

/** Counts the packet lines among `lines`. */
export function sampleLines(path: string, lines: readonly string[], reference: number, now: number): LogSample {
  const keys = new Map<string, number>();
  let packets = 0;
  let newest = 0;
  for (const line of lines) {
    if (!line.includes('SRC=')) continue;
    const parsed = parseLine(line, { referenceTime: reference });
    if (!parsed.ok) continue;
    const { record } = parsed;
    if (record.time < now - recentMs) continue;
    newest = Math.max(newest, record.time);
    // The kernel's stamp, if there is one, makes equal packets different lines.
    keys.set(`${/\[ *\d+\.\d{6}\]/.exec(line)?.[0] ?? ''}${line.slice(line.lastIndexOf('IN=')).trimEnd()}`, record.time);
    if (record.action !== 'allow' && record.action !== 'audit') packets += 1;
  }
  return { path, packets, newest, lines: lines.length, keys };
}

/** True when the two hold the same lines, as far as they look back equally far. */
export function overlap(a: LogSample, b: LogSample): boolean {
  const since = Math.max(oldest(a), oldest(b));
  for (const [key, time] of b.keys) if (time >= since && a.keys.has(key)) return true;
  return false;
}

function oldest(sample: LogSample): number {
  let time = Infinity;
  for (const other of sample.keys.values()) time = Math.min(time, other);
  return time;
}
