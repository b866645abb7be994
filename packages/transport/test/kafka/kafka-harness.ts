import { randomUUID } from 'node:crypto';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createKafka, kafkaConfig, type KafkaConfig, type KafkaTransport } from '../../src/index.ts';
import { createClient } from '../../src/kafka/client.ts';
import { readWholeTopic } from '../../src/kafka/whole-topic.ts';
import type { TransportHarness } from '../transport.conformance.ts';

/** A configuration for a test broker: topics of its own, quick to react. */
export function testConfig(brokers: readonly string[], changes: Record<string, unknown> = {}): KafkaConfig {
  return kafkaConfig.parse({
    kind: 'kafka',
    brokers,
    group: `load-${randomUUID()}`,
    fetch_wait_ms: 50,
    session_timeout_ms: 6000,
    topics: { prefix: `t-${randomUUID()}`, partitions: 3, replication: 1, min_insync_replicas: 1 },
    ...changes,
  });
}

/** A transport over a real broker, as the conformance suite wants it: empty topics, as many writers and readers as a case asks for. */
export async function kafkaHarness(brokers: readonly string[], config = testConfig(brokers)): Promise<TransportHarness> {
  const made: KafkaTransport[] = [];
  const transport = (): KafkaTransport => {
    const one = createKafka(config, createReporter({ registry: new Registry(), level: 'silent' }));
    made.push(one);
    return one;
  };
  await transport().create();
  return {
    writer: () => transport().writer,
    reader: () => transport().reader,
    dead: () => transport().dead,
    close: async () => {
      await Promise.all(made.map((one) => one.close()));
    },
  };
}

/** What was put aside, each thing once. */
export async function lettersOf(config: KafkaConfig): Promise<{ fields: Record<string, string>; value: Buffer }[]> {
  const reporter = createReporter({ registry: new Registry(), level: 'silent' });
  const letters = new Map<string, { fields: Record<string, string>; value: Buffer }>();
  await readWholeTopic(createClient(config, reporter), {
    topic: `${config.topics.prefix}.dead.v1`,
    group: 'test',
    each: ({ key, headers = {}, value }) => {
      const fields = Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, String(header)]));
      letters.set(String(key), { fields, value: value ?? Buffer.alloc(0) });
    },
  });
  return [...letters.values()];
}
