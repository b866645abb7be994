import { z } from 'zod';

const countsSchema = z.object({ lines: z.int(), records: z.int(), rejected: z.record(z.string(), z.int()) });

export const fileState = z.object({
  /** Null while no packet line was seen. */
  epoch: z.string().nullable(),
  firstLine: z.string().nullable(),
  /** Where it lay when it was opened, all links followed. */
  path: z.string(),
  /** As `FileStats.identity`. */
  identity: z.string(),
  /** Where to read on: a line's start. */
  position: z.int().min(0),
  /** `first` of the next range. */
  next: z.int().min(0),
  /** The bytes before `position`, base64. */
  tail: z.string(),
  counts: countsSchema,
  /** Read to its end, and it will not grow. */
  complete: z.boolean(),
  /** Looked for in vain. */
  gone: z.boolean(),
});

/** What is remembered of a file between runs. */
export type FileState = Readonly<z.infer<typeof fileState>>;
