import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** What may be configured of the embedded engine. */
export const engineConfig = z.strictObject({
  listen: z
    .string()
    .default('127.0.0.1:0')
    .describe('Address of the HTTP endpoint, host:port; port 0 takes any free one. Off loopback only if you name it here.'),
  memory_mb: z
    .int()
    .min(128)
    .max(1_048_576)
    .default(400)
    .describe('Memory the engine may use for queries, inserts, merges and caches together, in MiB.'),
  threads: z
    .int()
    .min(1)
    .max(256)
    .default(Math.max(1, Math.min(4, availableParallelism())))
    .describe('Threads one query may use; default: the cores, at most 4.'),
  queries: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Queries of the read-only user that run at the same time; more wait in the queue.'),
  queue: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('Queries that may wait; beyond, they are refused with TOO_MANY_SIMULTANEOUS_QUERIES.'),
  max_execution_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('Longest time a query of the read-only user may run; a request may ask for less.'),
  max_result_mb: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe('Largest result the read-only user may get, in MiB before formatting; beyond, the query fails.'),
  max_export_mb: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(8192)
    .describe('Largest result the writing user may get, in MiB; it passes through a file in the data directory.'),
});

export type EngineConfig = z.output<typeof engineConfig>;
