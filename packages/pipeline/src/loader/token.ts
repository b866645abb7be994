import { createHash } from 'node:crypto';
import type { Range } from '@droplens/transport';

/**
 * The token of a batch: UInt64 as decimal text, a hash of which stretches of which epochs it stores. It follows from the content only, never from
 * file names, offsets or times, so the same rows have the same token wherever and whenever they come again.
 */
export function tokenOf(ranges: readonly Range[]): string {
  const hash = createHash('sha256');
  for (const { stream, epoch, first, last } of ranges) hash.update(`${stream} ${epoch} ${first} ${last}\n`);
  return hash.digest().readBigUInt64BE().toString();
}

/** The token of a part of a batch, when the database refused the whole; `part` says which half of which half. */
export function partToken(token: string, part: string): string {
  return createHash('sha256').update(`${token} ${part}`).digest().readBigUInt64BE().toString();
}
