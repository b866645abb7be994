import type { Reporter } from '@droplens/runtime';
import type { DeadLetters } from '../dead-letters.ts';
import type { TransportReader, TransportWriter } from '../transport.ts';
import { createClient } from './client.ts';
import type { KafkaConfig } from './config.ts';
import { DeadLetterWriter } from './dead-letters.ts';
import { KafkaDeadLetters } from './kafka-dead-letters.ts';
import { KafkaReader } from './kafka-reader.ts';
import { KafkaWriter } from './kafka-writer.ts';
import { createKafkaMetrics } from './metrics.ts';
import { createTopics, inspectTopics, type TopicState } from './topic-check.ts';
import { topicsOf, type Topic } from './topics.ts';

/** Kafka between collectors and loaders: the same contract as the spool. */
export interface KafkaTransport {
  readonly writer: TransportWriter;
  readonly reader: TransportReader;
  /** What loaders put aside; replayed into the topics it came from. */
  readonly dead: DeadLetters;
  /** All topics as they should be. */
  readonly topics: readonly Topic[];
  /** All topics as they are. */
  inspect(): Promise<TopicState[]>;
  /** Makes the topics that do not exist; returns their names. */
  create(): Promise<string[]>;
  close(): Promise<void>;
}

/** No I/O but reading certificates: the writer connects at `open` or the first `append`, the reader at `run`. */
export function createKafka(config: KafkaConfig, reporter: Reporter): KafkaTransport {
  const client = createClient(config, reporter);
  const topics = topicsOf(config);
  const metrics = createKafkaMetrics(reporter.registry);
  const dead = new DeadLetterWriter(client, config, topics.dead.name);
  const writer = new KafkaWriter({ client, config, topics, metrics, reporter });
  const all = Object.values(topics);
  return {
    writer,
    reader: new KafkaReader({ client, config, topics, dead, metrics, reporter }),
    dead: new KafkaDeadLetters({ client, config, topics, letters: dead, writer }),
    topics: all,
    inspect: () => inspectTopics(client, all),
    create: () => createTopics(client, all),
    close: async () => {
      await writer.close();
      await dead.close();
    },
  };
}
