import { z } from 'zod';

const port = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/;

const tlsConfig = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('File of PEM certificates that brokers must be signed by. Default: those of the system.'),
  cert: z
    .string()
    .min(1)
    .optional()
    .describe('File with the PEM certificate that this client shows, for brokers that ask for one.'),
  key: z.string().min(1).optional().describe("File with that certificate's PEM key."),
  server_name: z
    .string()
    .min(1)
    .optional()
    .describe("Name that brokers' certificates must carry. Default: the host that is connected to."),
});

const saslConfig = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .describe('How the password is proven; `plain` sends it, so only with `tls`.'),
  username: z.string().min(1).describe('Who to log in as.'),
  password: z.string().min(1).describe("The user's password; `DROPLENS_TRANSPORT__SASL__PASSWORD` keeps it out of the file."),
});

const topicsConfig = z.strictObject({
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'expected letters, digits, . _ and -')
    .default('droplens')
    .describe('Topics are `<prefix>.drops.v1` and so on.'),
  create: z
    .boolean()
    .default(true)
    .describe('Whether loaders make topics that do not exist; otherwise `droplens topics --create` does.'),
  partitions: z
    .int()
    .min(1)
    .max(10_000)
    .default(6)
    .describe(
      'Partitions of the drops topic that streams are spread over: the most loaders that can share the work. The same number on every host; to change it, let everything drain first (docs/scaling.md).',
    ),
  replication: z
    .int()
    .min(1)
    .max(9)
    .default(3)
    .describe('Copies of each partition, for `droplens topics --create`; 1 with a single broker.'),
  min_insync_replicas: z
    .int()
    .min(1)
    .max(9)
    .default(2)
    .describe('Copies that must hold a row before it counts as accepted; 1 with a single broker.'),
  retention_hours: z
    .int()
    .min(1)
    .default(168)
    .describe('How long rows wait for a loader; longer than any outage of the database, because what is older is lost.'),
});

/** Configuration of Kafka between collectors and loaders (`transport.kind: kafka`). */
export const kafkaConfig = z.strictObject({
  kind: z.literal('kafka').describe('`kafka`: a broker between many collectors and loaders.'),
  brokers: z
    .array(z.string().regex(port, 'expected host:port, such as kafka-1:9092'))
    .min(1)
    .describe('Some of the brokers; the others are found through them.'),
  client_id: z.string().min(1).default('droplens').describe("What this client is called in the brokers' logs and quotas."),
  group: z
    .string()
    .min(1)
    .max(200)
    .default('droplens-load')
    .describe('Consumer group of the loaders: one group for one database, never two.'),
  tls: tlsConfig.optional().describe('Encrypt, and check who the broker is; `tls: {}` trusts what the system trusts.'),
  sasl: saslConfig.optional().describe('Log in with a password.'),
  compression: z
    .enum(['lz4', 'gzip', 'none'])
    .default('lz4')
    .describe('How rows travel and lie on the brokers; `gzip` is smaller by a third and costs three times the CPU.'),
  session_timeout_ms: z
    .int()
    .min(1000)
    .max(1_800_000)
    .default(30_000)
    .describe('After this long without a sign of life a loader counts as dead and others take its partitions.'),
  fetch_wait_ms: z
    .int()
    .min(10)
    .max(30_000)
    .default(1000)
    .describe('How long a loader lets a small batch grow before it loads it: more is cheaper for the database, less is sooner.'),
  max_bytes: z
    .int()
    .min(16 * 1024 * 1024)
    .default(1024 * 1024 * 1024)
    .describe(
      'Most bytes of the spool that holds what kmsg, journald and stdin say while no broker answers (default 1 GiB); beyond it the loss is counted as undercount. Files need none: they are read later.',
    ),
  topics: topicsConfig.prefault({}).describe('The topics and how they are kept.'),
});

export type KafkaConfig = z.output<typeof kafkaConfig>;
