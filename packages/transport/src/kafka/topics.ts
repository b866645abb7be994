import type { KafkaConfig } from './config.ts';

/** What a topic is for. */
export type TopicRole = 'drops' | 'status' | 'hosts' | 'bans' | 'hits' | 'dead';

/** A topic as it should be. */
export interface Topic {
  readonly role: TopicRole;
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Settings that matter for what is promised, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Largest record batch a topic takes, in bytes after compression. A request holds less than a megabyte before it, but for a long line that was
 * repeated hundreds of times: its rows stay together.
 */
const maxMessageBytes = 16 * 1024 * 1024;

/** A letter is a message that a topic took, and a few words more. */
const deadMessageBytes = maxMessageBytes + 1024 * 1024;
/** Below this a request of the collector is refused. */
export const leastMessageBytes = 1024 * 1024;

/** Dead letters are kept long enough for a person to come back from holidays. */
const deadHours = 24 * 30;
/** Every word of a host stays at least this long. */
const hostsHours = 24 * 7;

/**
 * All topics (design: data contracts). `drops` and `hits` are spread by stream; the others are small. `bans` and `hosts` are compacted: the last word
 * about each key is kept for ever.
 */
export function topicsOf({ topics, compression }: KafkaConfig): Record<TopicRole, Topic> {
  const { prefix, replication, partitions, min_insync_replicas: minInsync, retention_hours: hours } = topics;
  const topic = (role: TopicRole, count: number, settings: Record<string, string>): Topic => ({
    role,
    name: `${prefix}.${role}.v1`,
    partitions: count,
    replication,
    settings: {
      'min.insync.replicas': String(minInsync),
      'max.message.bytes': String(maxMessageBytes),
      // whatever others compress with, the broker turns it into what we can read; what comes like this it leaves alone
      'compression.type': compression === 'none' ? 'uncompressed' : compression,
      ...settings,
    },
  });
  const kept = (retention: number): Record<string, string> => ({
    'cleanup.policy': 'delete',
    'retention.ms': String(retention * 3_600_000),
    // by time alone: a size limit would delete rows that no loader has seen
    'retention.bytes': '-1',
  });
  const compacted = { 'cleanup.policy': 'compact' };
  return {
    // the broker's time, not the sender's: it tells a message from its like in a topic that was made anew
    drops: topic('drops', partitions, { ...kept(hours), 'message.timestamp.type': 'LogAppendTime' }),
    status: topic('status', 1, kept(hours)),
    // a host tells of a remote once: loaders must have read it before compaction keeps only the host's last word
    hosts: topic('hosts', 1, { ...compacted, 'min.compaction.lag.ms': String(hostsHours * 3_600_000) }),
    bans: topic('bans', 1, compacted),
    hits: topic('hits', 1, kept(hours)),
    dead: topic('dead', 1, { ...kept(deadHours), 'max.message.bytes': String(deadMessageBytes) }),
  };
}
