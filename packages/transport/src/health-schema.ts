import { z } from 'zod';

/*
 * Undercount and status as they lie in spool files and in the status topic. What does not fit is none of ours: whoever wrote it, it never reaches a table.
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
