import { DroplensError } from '@droplens/runtime';
import { batchLimits, type RowBlock } from './transport.ts';

/** Throws DL_INTERNAL when a collector hands over a block that no loader could take: what cannot be read again must not be acknowledged. */
export function checkBlock(block: RowBlock): void {
  const { stream, epoch, first, last, rows, text } = block;
  const bounded = rows <= batchLimits.rows && text.byteLength <= batchLimits.bytes;
  const ordered = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last;
  const whole = rows === 0 ? text.byteLength === 0 : text[text.byteLength - 1] === 10;
  if (bounded && ordered && whole && isUInt64(stream) && isUInt64(epoch) && Number.isSafeInteger(rows) && rows >= 0) return;
  const range = `stream ${stream} epoch ${epoch} ${first}-${last}, ${rows} rows, ${text.byteLength} bytes`;
  throw new DroplensError('DL_INTERNAL', `a block breaks the contract of the transport: ${range}`);
}

const largestUInt64 = 2n ** 64n - 1n;

/** True for a UInt64 as decimal text. */
export function isUInt64(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) <= largestUInt64;
}
