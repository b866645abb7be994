import { createReporter, type Reporter } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { createKafka, type KafkaConfig, type KafkaTransport } from '../../src/index.ts';
import { createClient } from '../../src/kafka/client.ts';
import { topicsOf, type TopicRole } from '../../src/kafka/topics.ts';
import { rowsOf } from '../transport.conformance.ts';
import { testConfig } from './kafka-harness.ts';

const silent = (): Reporter => createReporter({ registry: new Registry(), level: 'silent' });

describe.skipIf(withoutKafka('topics of Kafka'))('topics', () => {
  let cluster: KafkaCluster;
  let admin: kafkajs.Admin;
  beforeAll(async () => {
    cluster = await KafkaCluster.start();
    admin = createClient(testConfig(cluster.brokers()), silent()).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await cluster.stop();
  });

  /** A transport, and all topics as it wants them but for what is changed of one. */
  const withTopics = async (
    role: TopicRole,
    change: { partitions?: number; settings?: Record<string, string>; missing?: boolean },
  ): Promise<{ kafka: KafkaTransport; name: string; config: KafkaConfig }> => {
    const config = testConfig(cluster.brokers());
    const topics = topicsOf(config);
    await admin.createTopics({
      waitForLeaders: false,
      topics: Object.values(topics)
        .filter((topic) => topic.role !== role || change.missing !== true)
        .map((topic) => ({
          topic: topic.name,
          numPartitions: topic.role === role ? (change.partitions ?? topic.partitions) : topic.partitions,
          replicationFactor: 1,
          configEntries: Object.entries({ ...topic.settings, ...(topic.role === role ? change.settings : {}) }).map(
            ([key, value]) => ({ name: key, value }),
          ),
        })),
    });
    const kafka = createKafka({ ...config, topics: { ...config.topics, create: false } }, silent());
    const made = change.missing === true ? 5 : 6;
    await vi.waitUntil(
      async () => (await kafka.inspect()).filter(({ verdict }) => verdict !== 'missing').length === made,
      20_000,
    );
    return { kafka, name: topics[role].name, config };
  };

  test('made by us are as they should be, and made once', async () => {
    const kafka = createKafka(testConfig(cluster.brokers()), silent());
    const names = kafka.topics.map(({ name }) => name);
    const made = await Promise.all([kafka.create(), kafka.create()]);
    expect([...new Set(made.flat())].sort()).toEqual([...names].sort());
    expect(await kafka.create()).toEqual([]);
    const states = await kafka.inspect();
    expect(states.map(({ topic, verdict, findings }) => [topic.name, verdict, findings])).toEqual(
      names.map((name) => [name, 'good', []]),
    );
    const compacted = states.filter(({ settings }) => settings['cleanup.policy'] === 'compact').map(({ topic }) => topic.role);
    expect(compacted).toEqual(['hosts', 'bans']);
  });

  type Change = { partitions?: number; settings?: Record<string, string> };
  test.each<[string, TopicRole, Change, string]>([
    ['too few partitions', 'drops', { partitions: 2 }, 'partitions 2; it needs 3'],
    ['compaction of rows', 'drops', { settings: { 'cleanup.policy': 'compact' } }, 'cleanup.policy compact; it needs delete'],
    ['compaction beside deletion', 'drops', { settings: { 'cleanup.policy': 'compact,delete' } }, 'cleanup.policy'],
    ["the senders' time", 'drops', { settings: { 'message.timestamp.type': 'CreateTime' } }, 'message.timestamp.type CreateTime'],
    [
      'a message size that a request exceeds',
      'drops',
      { settings: { 'max.message.bytes': '100000' } },
      'max.message.bytes 100000',
    ],
    [
      'hosts that are forgotten',
      'hosts',
      { settings: { 'cleanup.policy': 'delete' } },
      'cleanup.policy delete; it needs compact',
    ],
  ])('with %s are refused, by collectors and loaders', async (_, role, change, words) => {
    const { kafka, name } = await withTopics(role, change);
    const refused = { code: 'DL_TOPIC_MISCONFIGURED', message: expect.stringContaining(`the topic ${name} has ${words}`) };
    await expect(kafka.writer.open()).rejects.toMatchObject(refused);
    await expect(kafka.reader.run(() => Promise.resolve(), new AbortController().signal)).rejects.toMatchObject(refused);
    const states = await kafka.inspect();
    expect(states.filter(({ verdict }) => verdict === 'wrong').map(({ topic }) => topic.name)).toEqual([name]);
    await kafka.close();
  });

  test.each<[string, TopicRole, Change, string]>([
    ['more partitions', 'drops', { partitions: 4 }, 'partitions'],
    ['less retention', 'drops', { settings: { 'retention.ms': '3600000' } }, 'retention.ms'],
    ['a size limit', 'drops', { settings: { 'retention.bytes': '1000000000' } }, 'retention.bytes'],
    ['any compression', 'drops', { settings: { 'compression.type': 'producer' } }, 'compression.type'],
    ['a compression we do not speak', 'status', { settings: { 'compression.type': 'zstd' } }, 'compression.type'],
    ["Kafka's own message size", 'status', { settings: { 'max.message.bytes': '1048588' } }, 'max.message.bytes'],
    ['bans that are forgotten', 'bans', { settings: { 'cleanup.policy': 'delete' } }, 'cleanup.policy'],
  ])('with %s are used, and shown', async (_, role, change, what) => {
    const { kafka, name } = await withTopics(role, change);
    await kafka.writer.append(rowsOf('1', 1, 1));
    const states = await kafka.inspect();
    expect(states.flatMap(({ topic, findings }) => findings.map((one) => [topic.name, one.what]))).toEqual([[name, what]]);
    await kafka.close();
  });

  test.each<[string, Record<string, string>]>([
    ['longer retention', { 'retention.ms': '2419200000' }],
    ['retention for ever', { 'retention.ms': '-1' }],
    ['another compression that we speak', { 'compression.type': 'gzip' }],
    ['larger messages', { 'max.message.bytes': '33554432' }],
  ])('with %s are as good', async (_, settings) => {
    const { kafka } = await withTopics('drops', { settings });
    expect((await kafka.inspect()).map(({ verdict }) => verdict)).toEqual(kafka.topics.map(() => 'good'));
  });

  test('that do not exist are waited for, and named', async () => {
    const { kafka, name } = await withTopics('drops', { missing: true });
    const missing = { code: 'DL_TOPIC_MISSING', disposition: 'retry', message: `the topic ${name} does not exist` };
    await expect(kafka.writer.append(rowsOf('1', 1, 1))).rejects.toMatchObject(missing);
    await kafka.create();
    await kafka.writer.append(rowsOf('1', 1, 1));
    await kafka.close();
  });

  test('that cannot be made are refused, with the reason', async () => {
    const config = testConfig(cluster.brokers(), { topics: { prefix: 'three', partitions: 1, replication: 3 } });
    const kafka = createKafka(config, silent());
    const refused = {
      code: 'DL_TOPIC_MISCONFIGURED',
      message: expect.stringMatching(/cannot create the topics \(three\.drops\.v1\)/),
    };
    await expect(kafka.create()).rejects.toMatchObject(refused);
  });
});
