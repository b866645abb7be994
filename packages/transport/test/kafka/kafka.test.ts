import { afterAll, beforeAll, describe } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { deadLettersConformance } from '../dead-letters.conformance.ts';
import { transportConformance } from '../transport.conformance.ts';
import { kafkaHarness } from './kafka-harness.ts';

describe.skipIf(withoutKafka('transport on Kafka'))('on a real broker', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await KafkaCluster.start();
  });
  afterAll(() => cluster.stop());

  transportConformance('kafka', () => kafkaHarness(cluster.brokers()));
  deadLettersConformance('kafka', () => kafkaHarness(cluster.brokers()));
});
