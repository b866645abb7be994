import { z } from 'zod';

const nothing = z.strictObject({}).nullish();

/** One entry of `sources`. */
export const sourceConfig = z.union([
  z.strictObject({
    file: z
      .string()
      .min(1)
      .describe(
        'A log file that is followed through rotations, or a pattern with *, ? and [a-z]: new matches are found while running',
      ),
  }),
  z.strictObject({ journald: nothing.describe("The kernel's messages in systemd's journal, read by `journalctl`") }),
  z.strictObject({ kmsg: nothing.describe("The kernel's own log buffer, /dev/kmsg (needs root or CAP_SYSLOG)") }),
  z.strictObject({ stdin: nothing.describe('Lines from standard input') }),
]);

export type SourceConfig = z.infer<typeof sourceConfig>;

/** Configuration of what is read; by default droplens finds it itself. */
export const sourcesConfig = z
  .array(sourceConfig)
  .optional()
  .describe('Where log lines come from; default: found on this machine when droplens starts');

export type SourcesConfig = z.infer<typeof sourcesConfig>;
