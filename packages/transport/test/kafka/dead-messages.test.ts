import { createReporter } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { createKafka, type DeadLetter } from '../../src/index.ts';
import { createClient } from '../../src/kafka/client.ts';
import { collect, type TransportHarness } from '../transport.conformance.ts';
import { kafkaHarness, testConfig } from './kafka-harness.ts';

/** Whole messages that a loader cannot read: from a newer version, from nobody of ours, or contradicting themselves. */
describe.skipIf(withoutKafka('dead messages on Kafka'))('dead messages on a real broker', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await KafkaCluster.start();
  });
  afterAll(() => cluster.stop());

  let config: ReturnType<typeof testConfig>;
  let transport: TransportHarness;
  let producer: kafkajs.Producer;
  beforeEach(async () => {
    config = testConfig(cluster.brokers());
    transport = await kafkaHarness(cluster.brokers(), config);
    const client = createClient(config, createReporter({ registry: new Registry(), level: 'silent' }));
    producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    return async () => {
      await producer.disconnect();
      await transport.close();
    };
  });

  const topic = (role: string): string => `${config.topics.prefix}.${role}.v1`;
  const send = (role: string, message: kafkajs.Message): Promise<unknown> =>
    producer.send({ topic: topic(role), messages: [message] });
  const headers = (changes: Record<string, string> = {}): Record<string, string> => {
    return { v: '1', stream: '7', epoch: '8', first: '1', last: '4', n: '1', ...changes };
  };
  const letters = async (): Promise<DeadLetter[]> => [...(await transport.dead().list({}, 100)).letters];
  /** Lets a loader put aside what lies in the topics: until the letters are as expected. */
  const load = async (expected: (found: DeadLetter[]) => boolean): Promise<DeadLetter[]> => {
    const stop = new AbortController();
    const running = transport.reader().run(() => Promise.resolve(), stop.signal);
    let found = await letters();
    while (!expected(found)) found = await letters();
    stop.abort();
    await running;
    return found;
  };

  test('lists them with all they came with, and sends them again as they came', async () => {
    const message = { partition: 2, key: 'k\u00e9y', value: '3\trow\n', headers: headers({ v: '2', trace: 'abc' }) };
    await send('drops', message);
    await send('status', { partition: 0, key: '7', value: 'no JSON', headers: { v: '9' } });
    const found = await load((seen) => seen.length === 2);
    const version = found.find(({ reason }) => reason === 'version');
    expect(version).toMatchObject({ kind: 'message', origin: `${topic('drops')}/2`, stream: null, position: null });
    expect(text(version?.key)).toBe('k\u00e9y');
    expect(text(version?.bytes)).toBe('3\trow\n');
    expect(Object.entries(version?.headers ?? {}).map(([name, value]) => [name, text(value)])).toEqual(
      Object.entries(message.headers),
    );
    const dead = transport.dead();
    expect(await dead.replay({ reason: 'version' })).toEqual({ rows: 0, messages: 1, kept: [], unknown: [] });
    expect((await letters()).map(({ reason }) => reason)).toEqual(['foreign']);
    // this loader is not newer than the one before: the message dies again, and is a letter of its own
    const again = (await load((seen) => seen.length === 2)).find(({ reason }) => reason === 'version');
    expect(again?.id).not.toBe(version?.id);
    expect({ ...again, id: '', time: 0 }).toEqual({ ...version, id: '', time: 0 });
  });

  test('what a loader can read meanwhile is loaded under its own identity', async () => {
    // as if the loader that put it aside had known less: what it says of itself is in order
    await send('drops', { partition: 0, key: '7', value: '3\trow\n', headers: headers({ v: '2' }) });
    const [letter] = await load((seen) => seen.length === 1);
    await send('dead', {
      key: letter?.id ?? '',
      value: '3\trow\n',
      headers: {
        v: '1',
        kind: 'message',
        reason: 'version',
        origin: `${topic('drops')}/0`,
        time: '1',
        key: '7',
        ...Object.fromEntries(Object.entries(headers()).map(([name, value]) => [`m-${name}`, value])),
      },
    });
    expect(await transport.dead().replay({})).toMatchObject({ messages: 1 });
    const blocks = (await collect(transport.reader(), 1)).flatMap((delivery) => delivery.blocks);
    expect(blocks).toEqual([{ stream: '7', epoch: '8', first: 1, last: 4, rows: 1, text: '3\trow\n' }]);
  });

  test.each([
    ['a topic that no loader reads', 'bans.v1/0', /which no loader reads/],
    ['a partition that is not there', 'drops.v1/77', /has no partition 77/],
    ['nothing', '', /no loader reads/],
  ])('sends nothing to %s, whatever a letter says', async (_, place, why) => {
    const origin = place === '' ? '' : `${config.topics.prefix}.${place}`;
    const letter = { v: '1', kind: 'message', reason: 'version', origin, time: 'yesterday' };
    await send('dead', { key: 'forged', value: 'x', headers: letter });
    const { messages, kept } = await transport.dead().replay({});
    expect(messages).toBe(0);
    expect(kept).toEqual([{ id: 'forged', why: expect.stringMatching(why) as string }]);
    expect(await letters()).toMatchObject([{ id: 'forged', time: 0 }]);
  });

  test('what lies in the topic and is no letter is passed over', async () => {
    for (const message of [
      { key: 'a', value: 'x' },
      { key: null, value: 'x', headers: { v: '1', kind: 'row' } },
      { key: 'b', value: 'x', headers: { v: '2', kind: 'row' } },
      { key: 'c', value: 'x', headers: { v: '1', kind: 'parcel' } },
      { key: 'd', value: null, headers: { v: '1' } },
    ]) {
      await send('dead', message);
    }
    expect(await letters()).toEqual([]);
  });

  test('says when the dead topic is not there', async () => {
    const kafka = createKafka(testConfig(cluster.brokers()), createReporter({ registry: new Registry(), level: 'silent' }));
    await expect(kafka.dead.list({}, 1)).rejects.toMatchObject({ code: 'DL_TOPIC_MISSING' });
    await kafka.close();
  });

  test('the bytes of letters are bounded, not their number', { timeout: 120_000 }, async () => {
    const large = 'x'.repeat(900_000);
    const letter = { v: '1', kind: 'row', reason: 'number', origin: 'o', stream: '1', epoch: '1', time: '1' };
    const count = 45;
    for (let i = 1; i <= count; i++) {
      await send('dead', { key: `k${i}`, value: `${i}\t${large}`, headers: { ...letter, position: String(i) } });
    }
    const { letters: shown, reasons } = await transport.dead().list({}, 100);
    expect(reasons.get('number')).toBe(count);
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.length).toBeLessThan(count);
    expect(shown.at(-1)?.position).toBe(count);
    expect(await transport.dead().replay({})).toMatchObject({ rows: count, kept: [] });
    expect((await transport.dead().list({}, 100)).reasons.size).toBe(0);
    const blocks = (await collect(transport.reader(), count)).flatMap((delivery) => delivery.blocks);
    expect(new Set(blocks.map(({ first }) => first)).size).toBe(count);
  });
});

function text(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
