import { z } from 'zod';

/** How the loader behaves when the database does not take rows. */
export const loaderConfig = z.strictObject({
  retry_initial_ms: z
    .int()
    .min(1)
    .default(100)
    .describe('First wait in milliseconds before a batch is tried again; it doubles from try to try'),
  retry_max_ms: z
    .int()
    .min(1)
    .default(30_000)
    .describe('Longest wait in milliseconds between two tries; a batch is tried for ever'),
});

export type LoaderConfig = z.infer<typeof loaderConfig>;
