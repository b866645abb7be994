import { z } from 'zod';
import { enforceConfig, networksConfig, suggestConfig } from './later-sections.ts';

const spoolConfig = z.strictObject({ kind: z.literal('spool').default('spool') });
const adminConfig = z.strictObject({
  listen: z
    .string()
    .default('127.0.0.1:9464')
    .describe('Where `up` serves `/metrics`, `/healthz` and `/readyz`; port 0 takes any free one.'),
});

/** The whole configuration: each section is the slice of the package that acts on it. */
export const configurationSchema = z.strictObject({
  host: z.string().min(1).max(255).optional().describe('Name of this machine in the history. Default: the machine’s own name.'),
  data: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory of the store, the spool and the positions. Default: `/var/lib/droplens` for root, `$XDG_STATE_HOME/droplens` or `~/.local/state/droplens` otherwise.',
    ),
  networks: networksConfig.prefault({}).describe('Whose addresses are whose.'),
  transport: spoolConfig.prefault({}).describe('The queue between collector and loader.'),
  suggest: suggestConfig.prefault({}).describe('From evidence to proposed bans.'),
  enforce: enforceConfig.prefault({}).describe('From bans to the kernel.'),
  admin: adminConfig.prefault({}).describe('HTTP for monitoring.'),
});

/** A complete configuration: every default filled in, host and data directory found. */
export type Configuration = Readonly<z.output<typeof configurationSchema> & { host: string; data: string }>;
