import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createReporter, DroplensError, type ErrorCode, type Reporter } from '@droplens/runtime';
import type kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { createKafka, type Delivery, type KafkaConfig, type KafkaTransport } from '../../src/index.ts';
import { createClient } from '../../src/kafka/client.ts';
import { anchorMetadata, fingerprint, intentMetadata } from '../../src/kafka/commit-metadata.ts';
import { partitionOfStream } from '../../src/kafka/stream-partition.ts';
import { readWholeTopic } from '../../src/kafka/whole-topic.ts';
import { rowsOf } from '../transport.conformance.ts';
import { testConfig } from './kafka-harness.ts';

const topics = { partitions: 1, replication: 1, min_insync_replicas: 1 };
const loadedAt = 1_795_132_800_000;

/** A delivery as a test looks at it. */
interface Seen {
  readonly origin: string;
  readonly claim: number;
  /** Positions of its rows by stream. */
  readonly rows: string[];
  readonly intent: Delivery['intent'];
  readonly rebuilt: boolean;
}

/** A reader that runs, and everything it was handed. */
interface Running {
  readonly seen: Seen[];
  readonly codes: ErrorCode[];
  readonly run: Promise<void>;
  readonly kafka: KafkaTransport;
  readonly metric: (name: string, kind?: string) => Promise<number>;
  /** Rows that were handed over, in order. */
  readonly rows: () => string[];
  readonly until: (condition: () => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
}

type Handler = (delivery: Delivery, tries: number) => Promise<void>;

describe.skipIf(withoutKafka('readers of Kafka'))('a reader', () => {
  let cluster: KafkaCluster;
  let admin: kafkajs.Admin;
  beforeAll(async () => {
    cluster = await KafkaCluster.start({ properties: { 'group.min.session.timeout.ms': 500 } });
    admin = createClient(testConfig(cluster.brokers()), silent()).admin();
    await admin.connect();
    // the first to ask makes the broker create its topic of offsets
    await vi.waitUntil(() => admin.describeGroups(['any']).then(always, never), 30_000);
  });
  afterAll(async () => {
    await admin.disconnect();
    await cluster.stop();
  });

  let config: KafkaConfig;
  let writer: KafkaTransport;
  let drops: string;
  let running: Running[] = [];
  beforeEach(async () => {
    config = testConfig(cluster.brokers(), { topics: { ...topics, prefix: randomUUID() } });
    drops = `${config.topics.prefix}.drops.v1`;
    writer = createKafka(config, silent());
    await writer.create();
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
    await writer.close();
  });

  const start = (handler: Handler = () => Promise.resolve(), changes: Partial<KafkaConfig> = {}): Running => {
    const registry = new Registry();
    const reporter = createReporter({ registry, level: 'silent' });
    const codes: ErrorCode[] = [];
    reporter.fail = (error) => void codes.push((error as DroplensError).code);
    const kafka = createKafka({ ...config, ...changes }, reporter);
    const seen: Seen[] = [];
    const stopping = new AbortController();
    const run = kafka.reader.run((delivery) => {
      const { origin, claim, intent, rebuilt, blocks } = delivery;
      const rows = blocks.flatMap(({ stream, text }) => positions(text).map((position) => `${stream}:${position}`));
      seen.push({ origin, claim, intent, rebuilt, rows });
      return handler(delivery, seen.length);
    }, stopping.signal);
    run.catch(() => undefined);
    const one: Running = {
      seen,
      codes,
      run,
      kafka,
      metric: async (name, kind) => {
        const values = (await registry.getSingleMetric(`droplens_transport_kafka_${name}`)?.get())?.values ?? [];
        return values
          .filter(({ labels }) => kind === undefined || labels['kind'] === kind)
          .reduce((sum, { value }) => sum + value, 0);
      },
      rows: () => seen.flatMap(({ rows }) => rows),
      until: async (condition) => {
        const ended = run.then(() => {
          throw new Error('the reader ended');
        });
        await Promise.race([ended, vi.waitUntil(condition, { timeout: 50_000, interval: 10 })]);
      },
      stop: async () => {
        stopping.abort();
        await run.catch(() => undefined);
        await kafka.close();
      },
    };
    running.push(one);
    return one;
  };
  const append = (stream: string, first: number, last: number): Promise<void> =>
    writer.writer.append(rowsOf(stream, first, last));
  const idle = (one: Running, rows: number): Promise<void> =>
    one.until(() => one.rows().length >= rows && one.kafka.reader.backlog().files === 0);
  const committed = async (partition = 0): Promise<{ offset: string; metadata: string | null }> => {
    const [found] = await admin.fetchOffsets({ groupId: config.group, topics: [drops] });
    const { offset, metadata } = found?.partitions.find((one) => one.partition === partition) ?? { offset: '-1', metadata: null };
    return { offset, metadata };
  };
  /** Leaves a batch interrupted: its intent is committed and it is not known to be loaded. */
  const interrupt = async (stop = 'stop'): Promise<Running> => {
    const one = start(async (delivery) => {
      await delivery.saveIntent({ loadedAt, token: 'f00d' });
      throw new DroplensError('DL_INTERNAL', stop);
    });
    await expect(one.run).rejects.toMatchObject({ message: stop });
    return one;
  };
  /** Deletes the messages before an offset, as retention does. */
  const expire = async (offset: number): Promise<void> => {
    // the client deletes only where it knows the leader
    await admin.fetchTopicOffsets(drops);
    await admin.deleteTopicRecords({ topic: drops, partitions: [{ partition: 0, offset: String(offset) }] });
  };
  const recreate = async (): Promise<void> => {
    await admin.deleteTopics({ topics: [drops] });
    await vi.waitUntil(async () =>
      (await writer.inspect()).some(({ topic, verdict }) => topic.name === drops && verdict === 'missing'),
    );
    await writer.create();
  };
  /** Commits as any member of the group can. */
  const set = async (offset: string, metadata = ''): Promise<void> => {
    const consumer = createClient(config, silent()).consumer({ groupId: config.group, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: drops });
    const joined = new Promise<void>((resolve) =>
      consumer.on(consumer.events.GROUP_JOIN, () => {
        // it would go there itself, and commit something else when nothing is there
        consumer.pause([{ topic: drops }]);
        resolve();
      }),
    );
    await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
    await joined;
    // the client says nothing of a commit that came before it was ready
    await vi.waitUntil(async () => {
      await consumer.commitOffsets([{ topic: drops, partition: 0, offset, metadata }]);
      return (await committed()).offset === offset;
    }, 20_000);
    await consumer.disconnect();
  };
  /** Resolves when the broker has taken a member for dead that joined now and gives no sign of life. */
  const sessionOver = async (sessionTimeout: number): Promise<void> => {
    const groupId = `${config.group}-silent`;
    const consumer = createClient(config, silent()).consumer({ groupId, sessionTimeout, heartbeatInterval: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: drops, fromBeginning: true });
    let speak: () => void = () => undefined;
    const quiet = new Promise<void>((resolve) => (speak = resolve));
    let began = false;
    const eachBatch = (): Promise<void> => ((began = true), quiet);
    await consumer.run({ autoCommit: false, eachBatch });
    await vi.waitUntil(() => began, 20_000);
    const members = async (): Promise<number> => (await admin.describeGroups([groupId])).groups[0]?.members.length ?? 0;
    await vi.waitUntil(async () => (await members()) === 0, { timeout: 30_000, interval: 100 });
    speak();
    await consumer.disconnect();
  };
  const rowNames = (stream: string, first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, n) => `${stream}:${first + n}`);

  describe('of one partition', () => {
    test('whose committed offset is beyond the end begins at the first there is, and says so', async () => {
      await append('1', 1, 5);
      await set('99');
      const one = start();
      await idle(one, 5);
      expect(one.rows()).toEqual(rowNames('1', 1, 5));
      expect(one.codes).toContain('DL_TOPIC_RECREATED');
      expect(await one.metric('claims_total', 'recreated')).toBe(1);
    });

    test('whose committed offset was moved back hands over what follows it again', async () => {
      for (const first of [1, 11, 21]) await append('1', first, first + 9);
      const before = start();
      await idle(before, 30);
      await before.stop();
      await set('1');
      const one = start();
      await idle(one, 20);
      expect(one.rows()).toEqual(rowNames('1', 11, 30));
      expect(one.codes).toEqual([]);
    });

    test('whose offset another tool committed, with words of its own, begins there', async () => {
      for (const first of [1, 11]) await append('1', first, first + 9);
      await set('1', 'moved by hand');
      const one = start();
      await idle(one, 10);
      expect(one.rows()).toEqual(rowNames('1', 11, 20));
    });

    test('looks at the message that was loaded last, and reads what follows it', async () => {
      await append('1', 1, 5);
      const before = start();
      await idle(before, 5);
      await before.stop();
      expect(await committed()).toMatchObject({ offset: '1', metadata: expect.stringContaining('"anchor"') });
      await append('1', 6, 9);
      const one = start();
      await idle(one, 4);
      expect(one.rows()).toEqual(rowNames('1', 6, 9));
      expect(await one.metric('claims_total', 'verify')).toBe(1);
    });

    test('finds out by that message that the topic is another, and begins at its beginning', async () => {
      for (const first of [1, 11]) await append('1', first, first + 9);
      await set('1', anchorMetadata('of another topic'));
      const one = start();
      await idle(one, 20);
      expect(one.rows()).toEqual(rowNames('1', 1, 20));
      expect(one.codes).toEqual(['DL_TOPIC_RECREATED']);
      expect(await one.metric('claims_total', 'recreated')).toBe(1);
    });

    test('whose topic is deleted and made again while it runs reads the new one', async () => {
      for (const first of [1, 11]) await append('1', first, first + 9);
      const one = start();
      await idle(one, 20);
      await recreate();
      await vi.waitUntil(() => append('2', 1, 5).then(always, never), 30_000);
      await one.until(() => one.rows().includes('2:5'));
      expect([...new Set(one.rows())]).toEqual([...rowNames('1', 1, 20), ...rowNames('2', 1, 5)]);
    });

    test('says which messages retention deleted unread, and reads on', async () => {
      await append('1', 1, 5);
      const before = start();
      await idle(before, 5);
      await before.stop();
      for (const first of [6, 11, 16]) await append('1', first, first + 4);
      await expire(3);
      const one = start();
      await idle(one, 5);
      expect(one.rows()).toEqual(rowNames('1', 16, 20));
      expect(one.codes).toContain('DL_ROWS_EXPIRED');
      expect(await one.metric('expired_messages_total')).toBe(2);
    });

    test('says so, too, when they are deleted while it works on those before', async () => {
      await append('1', 1, 5);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const one = start(() => held);
      await one.until(() => one.seen.length === 1);
      for (const first of [6, 11, 16]) await append('1', first, first + 4);
      await expire(3);
      release();
      await idle(one, 10);
      expect(one.rows()).toEqual([...rowNames('1', 1, 5), ...rowNames('1', 16, 20)]);
      expect(one.codes).toEqual(['DL_ROWS_EXPIRED']);
      expect(await one.metric('expired_messages_total')).toBe(2);
    });

    test('asks whether an interrupted batch was loaded when its messages are gone, and reads on', async () => {
      await append('1', 1, 5);
      await interrupt();
      for (const first of [6, 11]) await append('1', first, first + 4);
      await expire(2);
      const one = start();
      await idle(one, 5);
      expect(one.seen[0]).toMatchObject({ rebuilt: false, rows: [], intent: { loadedAt, token: 'f00d' } });
      expect(one.rows()).toEqual(rowNames('1', 11, 15));
      expect(await one.metric('claims_total', 'gone')).toBe(1);
      // the second message was in no batch
      expect(await one.metric('expired_messages_total')).toBe(1);
      expect(one.codes).toContain('DL_ROWS_EXPIRED');
    });

    test('ends when nobody knows whether that batch was loaded', async () => {
      await append('1', 1, 5);
      await interrupt();
      await append('1', 6, 9);
      await expire(1);
      const unknown = start(() => Promise.reject(new DroplensError('DL_BATCH_CHANGED', 'nobody knows')));
      await expect(unknown.run).rejects.toMatchObject({ code: 'DL_BATCH_CHANGED' });
    });

    test('rebuilds an interrupted batch of many fetches exactly, before anything else', async () => {
      const count = 60;
      const text = Array.from({ length: count }, (_, n) => `${n + 1}\t${randomBytes(150_000).toString('base64')}\n`).join('');
      const block = { stream: '1', epoch: '1', first: 1, last: count, rows: count, text: Buffer.from(text) };
      await writer.writer.append({ blocks: [block], undercounts: [], statuses: [], hosts: [] });
      const messages: kafkajs.KafkaMessage[] = [];
      const options = { topic: drops, group: 'test', each: (message: kafkajs.KafkaMessage) => messages.push(message) };
      await readWholeTopic(createClient(config, silent()), options);
      // as a loader began it whose fetches are larger
      const sum = fingerprint(messages.slice(0, 50));
      await set('0', intentMetadata({ last: 49n, sum, loadedAt, token: 'f00d' }));
      const one = start();
      await idle(one, count);
      expect(one.seen[0]).toMatchObject({ intent: { loadedAt, token: 'f00d' }, rebuilt: true, rows: rowNames('1', 1, 50) });
      expect(one.rows()).toEqual(rowNames('1', 1, count));
    });

    test('gives an interrupted batch of another topic up, and begins at the beginning', async () => {
      for (const first of [1, 11]) await append('1', first, first + 9);
      await set('0', intentMetadata({ last: 0n, sum: 'of another topic', loadedAt, token: 'f00d' }));
      const one = start();
      await idle(one, 20);
      expect(one.rows()).toEqual(rowNames('1', 1, 20));
      expect(one.seen.map(({ intent }) => intent)).not.toContainEqual(expect.objectContaining({ token: 'f00d' }));
      expect(one.codes).toEqual(['DL_TOPIC_RECREATED']);
    });

    test('stays a member while its handler takes longer than a session', async () => {
      await append('1', 1, 5);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const one = start(() => held, { session_timeout_ms: 1000 });
      await one.until(() => one.seen.length === 1);
      await sessionOver(1000);
      release();
      await vi.waitUntil(async () => (await committed()).offset === '1', 20_000);
      expect(one.seen).toHaveLength(1);
      expect(await one.metric('fenced_total')).toBe(0);
    });

    test('that sleeps longer than its session is fenced, and another finishes its batch', async () => {
      await append('1', 1, 5);
      const zombie = new Zombie({ ...config, session_timeout_ms: 1000 });
      await zombie.says('holds');
      zombie.signal('SIGSTOP');
      const one = start();
      await one.until(() => one.rows().length === 5);
      expect(one.seen[0]).toMatchObject({ intent: { loadedAt, token: 'f00d' }, rebuilt: true });
      await vi.waitUntil(async () => (await committed()).offset === '1', 20_000);
      zombie.signal('SIGCONT');
      zombie.goOn();
      await zombie.says('DL_BATCH_TAKEN');
      await zombie.end();
      expect((await committed()).offset).toBe('1');
    });
  });

  describe('of several partitions', () => {
    beforeEach(() => {
      config = { ...config, topics: { ...config.topics, partitions: 4 } };
    });
    const widen = (): Promise<unknown> => admin.createPartitions({ topicPartitions: [{ topic: drops, count: 4 }] });
    const streams = [0, 1, 2, 3].map((partition) => {
      return Array.from({ length: 100 }, (_, n) => String(n)).find(
        (stream) => partitionOfStream(stream, 4) === partition,
      ) as string;
    });
    const origins = (one: Running): string[] => [...new Set(one.seen.map(({ origin }) => origin))];

    test('shares them with another, and takes them over when that one leaves', async () => {
      await widen();
      const wide = createKafka(config, silent());
      const [left, right] = [start(), start()];
      const round = async (n: number): Promise<void> => {
        for (const stream of streams) await wide.writer.append(rowsOf(stream, n, n));
      };
      let n = 0;
      await vi.waitUntil(
        async () => {
          await round(++n);
          return left.seen.length > 0 && right.seen.length > 0;
        },
        { timeout: 40_000, interval: 50 },
      );
      await right.stop();
      await round(++n);
      await left.until(() => left.rows().includes(`${streams[3]}:${n}`));
      await left.until(() => origins(left).length === 4);
      const all = [...left.rows(), ...right.rows()];
      const wanted = streams.flatMap((stream) => rowNames(stream, 1, n));
      await left.until(() => new Set([...left.rows(), ...right.rows()]).size === wanted.length);
      // a batch that the one that left had in hand may have been handed over to the other, too
      expect(new Set(all)).toEqual(new Set(wanted));
      expect(left.seen.at(-1)?.claim).toBeGreaterThan(left.seen[0]?.claim as number);
      await wide.close();
    });

    test('reads partitions that are added while it runs', async () => {
      await append('1', 1, 1);
      const one = start(undefined, { topics: { ...config.topics, partitions: 1 } });
      await one.until(() => one.rows().length === 1);
      await widen();
      const wide = createKafka(config, silent());
      for (const stream of streams) await wide.writer.append(rowsOf(stream, 10, 11));
      await one.until(() => streams.every((stream) => one.rows().includes(`${stream}:11`)));
      expect(origins(one)).toHaveLength(4);
      await wide.close();
    });
  });
});

/** A reader in a process of its own that holds its first batch until it is told to go on. */
class Zombie {
  readonly #child: ChildProcess;
  #said = '';

  constructor(config: KafkaConfig) {
    const program = join(import.meta.dirname, 'holding-child.ts');
    this.#child = spawn(process.execPath, ['--import', 'tsx', '--conditions=dev', program, JSON.stringify(config)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (data: Buffer) => (this.#said += data.toString()));
  }

  async says(words: string): Promise<void> {
    await vi.waitUntil(() => this.#said.includes(words), { timeout: 40_000, interval: 20 });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  goOn(): void {
    this.#child.stdin?.end();
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

function positions(text: Uint8Array): number[] {
  const rows = Buffer.from(text).toString('latin1').split('\n').slice(0, -1);
  return rows.map((row) => Number(row.slice(0, row.indexOf('\t'))));
}

const always = (): boolean => true;
const never = (): boolean => false;

function silent(): Reporter {
  return createReporter({ registry: new Registry(), level: 'silent' });
}
