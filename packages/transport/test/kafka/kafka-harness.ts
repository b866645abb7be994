import { randomUUID } from 'node:crypto';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createKafka, kafkaConfig, type KafkaTransport } from '../../src/index.ts';
import type { TransportHarness } from '../transport.conformance.ts';

/** A configuration for a test broker: topics of its own, quick to react. */
export function testConfig(
  brokers: readonly string[],
  changes: Record<string, unknown> = {},
): ReturnType<typeof kafkaConfig.parse> {
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
