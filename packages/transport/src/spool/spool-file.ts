import { crc32 } from 'node:zlib';
import { DroplensError } from '@droplens/runtime';
import { z } from 'zod';
import { hostSchema, integer, statusSchema, uint64, undercountSchema } from '../health-schema.ts';
import type { Append, RowBlock } from '../transport.ts';

/*
 * One file = one batch, readable with `head`:
 *
 *   droplens-spool 1 <crc32 of all that follows, 8 hex digits> <bytes of the header line> <bytes of row text>\n
 *   {"seq":7,"loaded_at":1795132800000,"blocks":[{"stream":…,"epoch":…,"first":…,"last":…,"rows":…,"bytes":…}],"undercounts":[…],"statuses":[…],"hosts":[…]}\n
 *   row text of all blocks, one after the other
 *
 * Undercount, status and hosts travel in the header, so one rename makes an append durable as a whole; a file without blocks ends in
 * `.status`, any other in `.rows`. The name repeats what the header says first (the first block, or the first status), so that
 * even of a file whose content is lost it is known what is missing.
 */

const magic = 'droplens-spool 1 ';
/** Twelve digits are 31,000 years of a thousand files a second; a larger number is no number of ours. */
const highestSeq = 999_999_999_999;
const headerLimit = 16 * 1024 * 1024;
/** No file of ours is longer; a longer one is not even read. */
export const longestSpoolFile = 32 * 1024 * 1024;
const namePattern = /^(\d{1,12})-(\d{1,15})-(\d{1,20})-(\d{1,20})-(\d{1,16})-(\d{1,16})\.(rows|status)$/;

/** What the name of a spool file says. */
export interface SpoolName {
  /** Order of loading. */
  readonly seq: number;
  /** Milliseconds since 1970: the batch's load time, the same on every try. */
  readonly loadedAt: number;
  readonly stream: string;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

/** True while `seq` fits into a name. */
export function isSeq(seq: number): boolean {
  return seq <= highestSeq;
}

/** The name's parts, or null when it is no name of a spool file. */
export function parseSpoolName(name: string): SpoolName | null {
  const match = namePattern.exec(name);
  if (match === null) return null;
  const [, seq, loadedAt, stream, epoch, first, last] = match as unknown as string[];
  return {
    seq: Number(seq),
    loadedAt: Number(loadedAt),
    stream: stream as string,
    epoch: epoch as string,
    first: Number(first),
    last: Number(last),
  };
}

/** A file's name and what to write into it, in pieces that need no copy. */
export function encodeSpoolFile(append: Append, seq: number, loadedAt: number): { name: string; pieces: Uint8Array[] } {
  const texts: Uint8Array[] = [];
  let textBytes = 0;
  const blocks: unknown[] = [];
  for (const { stream, epoch, first, last, rows, text } of append.blocks) {
    blocks.push({ stream, epoch, first, last, rows, bytes: text.byteLength });
    if (text.byteLength > 0) texts.push(text);
    textBytes += text.byteLength;
  }
  const { undercounts, statuses, hosts } = append;
  const fields = { seq, loaded_at: loadedAt, blocks, undercounts, statuses, hosts };
  // What could not be read again must not be acknowledged.
  const checked = headerSchema.safeParse(fields);
  if (!checked.success) throw new DroplensError('DL_INTERNAL', `no spool file can hold this append: ${oneLine(checked.error)}`);
  const header = Buffer.from(`${JSON.stringify(fields)}\n`);
  if (header.byteLength > headerLimit)
    throw new DroplensError('DL_INTERNAL', `an append's status has ${header.byteLength} bytes`);
  let checksum = crc32(header);
  for (const text of texts) checksum = crc32(text, checksum);
  const seal = Buffer.from(`${magic}${checksum.toString(16).padStart(8, '0')} ${header.byteLength} ${textBytes}\n`);
  return { name: spoolName(append, seq, loadedAt), pieces: [Buffer.concat([seal, header]), ...texts] };
}

function spoolName(append: Append, seq: number, loadedAt: number): string {
  const prefix = `${String(seq).padStart(12, '0')}-${loadedAt}`;
  const block = append.blocks[0];
  if (block !== undefined) return `${prefix}-${block.stream}-${block.epoch}-${block.first}-${block.last}.rows`;
  const row = append.statuses[0] ?? append.undercounts[0];
  if (row === undefined) return `${prefix}-0-0-0-0.status`;
  return `${prefix}-${row.stream}-${row.epoch}-${row.position}-${row.position}.status`;
}

const headerSchema = z.strictObject({
  seq: integer,
  loaded_at: integer,
  blocks: z.array(
    z.strictObject({ stream: uint64, epoch: uint64, first: integer, last: integer, rows: integer, bytes: integer }),
  ),
  undercounts: z.array(undercountSchema),
  statuses: z.array(statusSchema),
  // files from before hosts were told of have none
  hosts: z.array(hostSchema).default([]),
});

function oneLine(error: z.ZodError): string {
  return z.prettifyError(error).replaceAll(/\s+/g, ' ');
}

/** What a file holds, its row texts as views of `content`; or, as a string, why it is not what was written under `name`. */
export function decodeSpoolFile(name: SpoolName, content: Buffer): Append | string {
  const sealEnd = content.indexOf(10);
  if (sealEnd < 0 || sealEnd > 64) return 'it does not begin like a spool file';
  const seal = /^droplens-spool 1 ([0-9a-f]{8}) (\d{1,10}) (\d{1,10})$/.exec(content.toString('latin1', 0, sealEnd));
  if (seal === null) return 'it does not begin like a spool file';
  const headerBytes = Number(seal[2]);
  const start = sealEnd + 1;
  const size = start + headerBytes + Number(seal[3]);
  if (content.byteLength !== size) return `it has ${content.byteLength} bytes and should have ${size}`;
  if (headerBytes > headerLimit) return `its header has ${headerBytes} bytes`;
  if (crc32(content.subarray(start)) !== Number.parseInt(seal[1] as string, 16)) return 'its checksum is wrong';
  return decodeHeader(name, content, start, start + headerBytes);
}

function decodeHeader(name: SpoolName, content: Buffer, start: number, textStart: number): Append | string {
  let json: unknown;
  try {
    json = JSON.parse(content.toString('utf8', start, textStart));
  } catch {
    return 'its header is no JSON';
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) return `its header is wrong: ${oneLine(parsed.error)}`;
  const header = parsed.data;
  if (header.seq !== name.seq || header.loaded_at !== name.loadedAt) return 'its name is not the one it was written under';
  const blocks: RowBlock[] = [];
  let offset = textStart;
  for (const { bytes, ...range } of header.blocks) {
    blocks.push({ ...range, text: content.subarray(offset, offset + bytes) });
    offset += bytes;
  }
  if (offset !== content.byteLength) return 'its blocks do not add up to its length';
  return { blocks, undercounts: header.undercounts, statuses: header.statuses, hosts: header.hosts };
}
