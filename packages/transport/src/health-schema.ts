import { z } from 'zod';
import { factNames } from './transport.ts';

/*
 * Undercount, status and what hosts say of themselves, as they lie in spool files and in topics. What does not fit is none of ours: whoever wrote it, it never reaches a table.
 */

export const integer = z.int().min(0);
/** A UInt64 as decimal text. */
export const uint64 = z.string().regex(/^\d{1,20}$/);

export const undercountSchema = z.strictObject({
  stream: uint64,
  epoch: uint64,
  position: integer,
  time: z.number(),
  host: z.string(),
  cause: z.string(),
  count: integer,
});

export const statusSchema = z.strictObject({
  stream: uint64,
  epoch: uint64,
  position: integer,
  time: z.number(),
  host: z.string(),
  source: z.string(),
  lines: integer,
  records: integer,
  rejected: z.record(z.string(), integer),
});

const address = z.string().max(45);

export const hostSchema = z.strictObject({
  host: z.string(),
  since: z.number(),
  time: z.number(),
  facts: z.strictObject({
    addresses: z.array(z.strictObject({ address, bits: integer, prefix: integer, interface: z.string() })),
    gateways: z.array(address),
    resolvers: z.array(address),
    listening: z.array(z.strictObject({ proto: z.enum(['TCP', 'UDP']), address, port: integer })),
    absent: z.partialRecord(z.enum(factNames), z.string()),
  }),
  contacted: z.array(z.strictObject({ address, last: z.number() })),
});
