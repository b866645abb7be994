import { isUtf8 } from 'node:buffer';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeDurably } from '@droplens/runtime';
import type { DeadRow } from '../transport.ts';

/**
 * Writes rows that cannot be loaded to `dead/<batch>.ndjson`, one object a line: `time` (the batch's load time), `reason`, `stream`, `epoch`,
 * `position`, `row`, and `encoding` when the row is no UTF-8 and so in base64. The same batch again writes the same file again.
 * Returns how many of the rows were not there before.
 */
export async function buryRows(directory: string, batch: string, loadedAt: number, rows: readonly DeadRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const dead = join(directory, 'dead');
  await mkdir(dead, { recursive: true, mode: 0o700 });
  await syncDirectory(directory);
  const path = join(dead, `${batch}.ndjson`);
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
