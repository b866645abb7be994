import { z } from 'zod';

/** How to reach a ClickHouse server (`store.kind: clickhouse`). */
export const clickhouseStoreConfig = z.strictObject({
  kind: z.literal('clickhouse').describe('A ClickHouse server, 26.3 or newer.'),
  url: z
    .string()
    .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/, 'expected http://host:port or https://host:port')
    .describe("The server's HTTP interface, such as `http://clickhouse:8123` or `https://…:8443`."),
  username: z
    .string()
    .default('default')
    .describe('Who to log in as; it needs SELECT, INSERT, CREATE and ALTER in the database.'),
  password: z.string().default('').describe("The user's password."),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'expected a plain name: letters, digits and _')
    .default('droplens')
    .describe('The database that holds the tables; `droplens migrate` creates it.'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(330)
    .describe(
      'How long an answer is waited for before a request counts as lost and is made again; the server ends an insert after 300 s by itself.',
    ),
});

/** How long what is kept. */
export const retentionConfig = z.strictObject({
  raw_days: z
    .int()
    .min(1)
    .max(36_500)
    .default(30)
    .describe('Days, counted from loading, for which every packet (`drops`) and every contacted remote is kept.'),
  rollup_days: z
    .int()
    .min(1)
    .max(36_500)
    .default(400)
    .describe(
      'Days, counted from loading, for which the hourly history by source and by port is kept, the ledger of what is loaded, and what hosts knew of themselves.',
    ),
});

export type ClickhouseStoreConfig = z.output<typeof clickhouseStoreConfig>;
export type RetentionConfig = z.output<typeof retentionConfig>;
