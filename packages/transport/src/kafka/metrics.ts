import { Counter, Gauge, type Registry } from 'prom-client';

/** The Kafka driver's metrics; registering twice in one registry gives the same objects. */
export interface KafkaMetrics {
  readonly requests: Counter;
  readonly messages: Counter;
  readonly failures: Counter;
  readonly claims: Counter<'kind'>;
  readonly fenced: Counter;
  readonly foreign: Counter<'reason'>;
  readonly expired: Counter;
  /** Messages that wait, by topic, for each reader of the process. */
  readonly waiting: Set<() => ReadonlyMap<string, number>>;
}

const created = new WeakMap<Registry, KafkaMetrics>();

export function createKafkaMetrics(registry: Registry): KafkaMetrics {
  const known = created.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const waiting: KafkaMetrics['waiting'] = new Set();
  const lag = new Gauge({
    name: 'droplens_transport_kafka_lag_messages',
    help: 'Messages of the partitions this loader has that are not loaded yet.',
    labelNames: ['topic'],
    registers,
    collect() {
      lag.reset();
      for (const one of waiting) for (const [topic, messages] of one()) lag.inc({ topic }, messages);
    },
  });
  const metrics = {
    waiting,
    requests: new Counter({
      name: 'droplens_transport_kafka_requests_total',
      help: 'Requests with rows that the brokers acknowledged.',
      registers,
    }),
    messages: new Counter({
      name: 'droplens_transport_kafka_messages_total',
      help: 'Messages that the brokers acknowledged.',
      registers,
    }),
    failures: new Counter({
      name: 'droplens_transport_kafka_failures_total',
      help: 'Requests with rows that were not acknowledged; they are sent again.',
      registers,
    }),
    claims: new Counter({
      name: 'droplens_transport_kafka_claims_total',
      help: 'Partitions this loader was given, by how it began: read (at the committed offset), verify (after looking at the message before it), rebuild (an interrupted batch first), gone (an interrupted batch whose messages are gone), recreated and expired (from the first message there is).',
      labelNames: ['kind'],
      registers,
    }),
    fenced: new Counter({
      name: 'droplens_transport_kafka_fenced_total',
      help: 'Batches given up because another loader had taken over.',
      registers,
    }),
    foreign: new Counter({
      name: 'droplens_transport_kafka_foreign_messages_total',
      help: 'Messages put aside by reason: foreign (not ours), version (newer than this loader), header (it contradicts its rows).',
      labelNames: ['reason'],
      registers,
    }),
    expired: new Counter({
      name: 'droplens_transport_kafka_expired_messages_total',
      help: 'Messages that retention deleted before any loader had read them: their rows are lost.',
      registers,
    }),
  };
  created.set(registry, metrics);
  return metrics;
}
