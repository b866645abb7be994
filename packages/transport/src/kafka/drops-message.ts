import { batchLimits, type RowBlock } from '../transport.ts';
import { isUInt64 } from '../block-contract.ts';

/*
 * A message of the drops topic: up to 1,000 rows of one (stream, epoch) as TabSeparated text, each row beginning with its position.
 *
 *   key      the stream, as decimal text
 *   headers  v: 1 · stream · epoch · first · last · n: number of rows     (all as decimal text)
 *   value    the rows, `\n` after each; empty when the range holds none
 */

/** Version of the row text and of these headers; a loader refuses a newer one, because it could not tell what its columns mean. */
export const rowVersion = 1;

/** Rows and bytes of a message at most; rows of one position stay together, so a line repeated hundreds of times may be larger. */
export const messageLimits = { rows: 1000, bytes: 256 * 1024 } as const;

/** Headers as the client hands them over. */
export type Headers = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

/** What of a message is read. */
export interface ReadMessage {
  readonly value: Buffer | null;
  readonly headers?: Headers;
}

export interface DropsMessage {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

/** Why a message is none of ours that can be loaded; a closed list. `foreign`: it has not our headers; `version`: newer than this loader knows; `header`: a header contradicts the rows. */
export type ForeignReason = 'foreign' | 'version' | 'header';

/** Cuts a block into messages that tile its range: each ends with the position of its last row, the next begins right behind. */
export function* messagesOf(block: RowBlock): Generator<DropsMessage> {
  const text = Buffer.from(block.text.buffer, block.text.byteOffset, block.text.byteLength);
  let first = block.first;
  let from = 0;
  while (from < text.length) {
    const { end, rows, position } = cut(text, from);
    const last = end === text.length ? block.last : position;
    yield message(block, first, last, rows, text.subarray(from, end));
    first = last + 1;
    from = end;
  }
  if (text.length === 0) yield message(block, block.first, block.last, 0, text);
}

function message({ stream, epoch }: RowBlock, first: number, last: number, rows: number, value: Buffer): DropsMessage {
  const headers = { v: String(rowVersion), stream, epoch, first: String(first), last: String(last), n: String(rows) };
  return { key: stream, headers, value };
}

/** Where a message that begins at `from` ends, how many rows it has, and the position of its last one. */
function cut(text: Buffer, from: number): { end: number; rows: number; position: number } {
  let rows = 0;
  let end = from;
  let lastRow = from;
  while (end < text.length) {
    const next = text.indexOf(10, end) + 1;
    const full = rows >= messageLimits.rows || (rows > 0 && next - from > messageLimits.bytes);
    if (full && positionAt(text, end) !== positionAt(text, lastRow)) break;
    lastRow = end;
    end = next;
    rows += 1;
  }
  return { end, rows, position: positionAt(text, lastRow) };
}

/** The block that a message holds, its text a view of the message; or why it holds none. Never throws, whatever the bytes. */
export function decodeDropsMessage({ value, headers = {} }: ReadMessage): RowBlock | ForeignReason {
  const version = text(headers['v']);
  if (version === undefined || !/^[1-9]\d{0,8}$/.test(version)) return 'foreign';
  if (Number(version) > rowVersion) return 'version';
  const stream = text(headers['stream']);
  const epoch = text(headers['epoch']);
  if (stream === undefined || epoch === undefined || value === null) return 'foreign';
  if (!isUInt64(stream) || !isUInt64(epoch)) return 'header';
  const first = integer(headers['first']);
  const last = integer(headers['last']);
  const rows = integer(headers['n']);
  if (!(first <= last) || !(rows <= batchLimits.rows) || value.length > batchLimits.bytes) return 'header';
  return holds(value, rows, first, last) ? { stream, epoch, first, last, rows, text: value } : 'header';
}

/** Whether there are so many rows, from `first` to `last`. What lies between is looked at row by row when they are loaded. */
function holds(value: Buffer, rows: number, first: number, last: number): boolean {
  if (rows === 0) return value.length === 0;
  if (value[value.length - 1] !== 10 || !(positionAt(value, 0) >= first)) return false;
  let count = 0;
  let row = 0;
  for (let at = value.indexOf(10); at >= 0; at = value.indexOf(10, at + 1)) {
    count += 1;
    if (at + 1 < value.length) row = at + 1;
  }
  return count === rows && positionAt(value, row) <= last;
}

/** The number a row begins with; NaN when it begins otherwise. */
function positionAt(text: Buffer, from: number): number {
  const end = text.indexOf(9, from);
  return end < 0 || end - from > 16 ? Number.NaN : digits(text.toString('latin1', from, end));
}

function integer(header: Headers[string]): number {
  return digits(text(header) ?? '');
}

function digits(value: string): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

function text(header: Headers[string]): string | undefined {
  if (typeof header === 'string') return header;
  return Buffer.isBuffer(header) && header.length <= 64 ? header.toString('latin1') : undefined;
}
