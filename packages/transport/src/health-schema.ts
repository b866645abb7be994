import { isIP } from 'node:net';
import { z } from 'zod';
import { isUInt64 } from './block-contract.ts';
import { factNames } from './transport.ts';

/*
 * Undercount, status and what hosts say of themselves, as they lie in spool files and in topics. What does not fit is none of ours: whoever wrote it, it never reaches a table.
 * Values are bounded by what the tables' columns hold: the database refuses an insert whole, and with it what others said.
 */

export const integer = z.int().min(0);
/** A UInt64 as decimal text. */
export const uint64 = z.string().refine(isUInt64, 'expected a UInt64 as decimal text');
/** Text that is UTF-8 when it is written: half a surrogate pair is none, and the database takes no such JSON. */
const text = z.string().refine((given) => !/\p{Surrogate}/u.test(given), 'expected text without lone surrogates');
/** Milliseconds since 1970, up to the year 2299. */
const time = z
  .number()
  .min(0)
  .max(Date.UTC(2300, 0) - 1);

export const undercountSchema = z.strictObject({
  stream: uint64,
  epoch: uint64,
  position: integer,
  time,
  host: text,
  cause: text,
  count: integer,
});

export const statusSchema = z.strictObject({
  stream: uint64,
  epoch: uint64,
  position: integer,
  time,
  host: text,
  source: text,
  lines: integer,
  records: integer,
  rejected: z.record(text, integer),
});

const address = z.string().refine((given) => isIP(given) !== 0 && !given.includes('%'), 'expected an address without a zone');
const bits = z.int().min(0).max(128);

export const hostSchema = z.strictObject({
  host: text,
  since: time.int(),
  time: time.int(),
  facts: z.strictObject({
    addresses: z.array(z.strictObject({ address, bits, prefix: bits, interface: text })),
    gateways: z.array(address),
    resolvers: z.array(address),
    listening: z.array(z.strictObject({ proto: z.enum(['TCP', 'UDP']), address, port: z.int().min(0).max(65_535) })),
    absent: z.partialRecord(z.enum(factNames), text),
  }),
  contacted: z.array(z.strictObject({ address, last: time })),
});
