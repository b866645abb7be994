import { engineConfig } from '@droplens/embedded-clickhouse';
import { actions, parseLine } from '@droplens/netfilter-log';
import { geoConfig, hostFactsConfig, loaderConfig, sourcesConfig } from '@droplens/pipeline';
import { parseListen } from '@droplens/runtime';
import { clickhouseStoreConfig, retentionConfig } from '@droplens/store';
import { transportConfig } from '@droplens/transport';
import { z } from 'zod';
import { enforceConfig, networksConfig, suggestConfig } from './later-sections.ts';

const parseConfig = z.strictObject({
  time_zone: z
    .string()
    .refine(isTimeZone, 'expected a time zone: a name such as Europe/Berlin, UTC, or +02:00')
    .optional()
    .describe('Zone of stamps that name none. Default: the machine’s own.'),
  actions: z
    .array(
      z.strictObject({
        prefix: z
          .string()
          .min(1)
          .describe('The whole LOG prefix; `*` stands for any text, `?` for one character; letters in either case.'),
        action: z.enum(actions).describe('What the prefix says happened to the packet. `deny` and `unknown` count as denied.'),
      }),
    )
    .default([])
    .describe('Rules from prefix to action, tried in order before the built-in ones.'),
});

const embeddedStoreConfig = z.strictObject({
  kind: z.literal('embedded').default('embedded').describe('ClickHouse in this process, its files in the data directory.'),
  ...engineConfig.shape,
});

const adminConfig = z.strictObject({
  listen: z
    .string()
    .refine(isListenAddress, 'expected host:port, such as 127.0.0.1:9464')
    .default('127.0.0.1:9464')
    .describe('Where `up` serves `/metrics`, `/healthz` and `/readyz`; port 0 takes any free one.'),
});

/** The whole configuration: each section is the slice of the package that acts on it. */
export const configurationSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Name of this machine in the history, for lines that name none. Default: the machine’s own name.'),
  machine_id: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'What tells this machine’s logs from those of others. Default: `/etc/machine-id`; set it where machines share one (containers of one image).',
    ),
  data: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory of the store, the spool and the positions. Default: `/var/lib/droplens` for root, `$XDG_STATE_HOME/droplens` or `~/.local/state/droplens` otherwise.',
    ),
  sources: sourcesConfig,
  parse: parseConfig.prefault({}).describe('What lines do not say about themselves.'),
  networks: networksConfig.prefault({}).describe('Whose addresses are whose.'),
  host_facts: hostFactsConfig.prefault({}).describe('What this host finds out about itself, so that it is never banned.'),
  transport: transportConfig.prefault({}).describe('The queue between collector and loader.'),
  loader: loaderConfig.prefault({}).describe('From the queue to the database.'),
  store: z.discriminatedUnion('kind', [embeddedStoreConfig, clickhouseStoreConfig]).prefault({}).describe('The database.'),
  retention: retentionConfig.prefault({}).describe('How long what is kept.'),
  geo: geoConfig.prefault({}).describe('Country and AS of an address.'),
  suggest: suggestConfig.prefault({}).describe('From evidence to proposed bans.'),
  enforce: enforceConfig.prefault({}).describe('From bans to the kernel.'),
  admin: adminConfig.prefault({}).describe('HTTP for monitoring.'),
});

/** A complete configuration: every default filled in, host and data directory found. */
export type Configuration = Readonly<z.output<typeof configurationSchema> & { host: string; data: string }>;

function isListenAddress(listen: string): boolean {
  try {
    parseListen(listen);
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    parseLine('', { timeZone: name });
    return true;
  } catch {
    return false; // RangeError is how Intl says no
  }
}
