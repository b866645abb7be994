import { createHash } from 'node:crypto';
import type { DeadRow } from './transport.ts';

/** Names a letter by what it is. */
export function letterId(kind: 'row' | 'message', parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256').update(kind);
  for (const part of parts) hash.update('\n').update(part);
  return hash.digest('hex').slice(0, 16);
}

/** The ids of rows put aside together; equal rows of one repeated line are as many letters. */
export function rowIds(rows: readonly Pick<DeadRow, 'stream' | 'epoch' | 'position' | 'row'>[]): string[] {
  const seen = new Map<string, number>();
  return rows.map(({ stream, epoch, position, row }) => {
    const id = letterId('row', [stream, epoch, String(position), row]);
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    return times === 0 ? id : `${id}-${times}`;
  });
}
