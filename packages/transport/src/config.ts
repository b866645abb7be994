import { z } from 'zod';
import { kafkaConfig } from './kafka/config.ts';

/** Configuration of the spool: the queue on disk between collector and loader of one machine. */
export const spoolConfig = z.strictObject({
  kind: z.literal('spool').default('spool').describe('`spool`: a directory on this machine, no broker'),
  max_bytes: z
    .int()
    .min(16 * 1024 * 1024)
    .default(1024 * 1024 * 1024)
    .describe(
      'Most bytes that wait on disk for the database (default 1 GiB). At the bound, files and stdin wait; the kernel log and journald go on and what they lose is counted as undercount',
    ),
});

export type SpoolConfig = z.infer<typeof spoolConfig>;

/** How rows travel from collector to loader; `kind` chooses the driver. */
export const transportConfig = z.discriminatedUnion('kind', [spoolConfig, kafkaConfig]);

export type TransportConfig = z.infer<typeof transportConfig>;
