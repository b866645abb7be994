import { execFileSync } from 'node:child_process';
import { createReporter, type Reporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { createKafka, type KafkaTransport } from '../../src/index.ts';
import { messagesOf } from '../../src/kafka/drops-message.ts';
import { rowsOf } from '../transport.conformance.ts';
import { testConfig } from './kafka-harness.ts';

describe.skipIf(withoutKafka('writers to Kafka'))('a writer', () => {
  let cluster: KafkaCluster;
  let made: KafkaTransport[] = [];
  beforeAll(async () => {
    cluster = await KafkaCluster.start();
  });
  afterAll(() => cluster.stop());
  afterEach(async () => {
    await Promise.all(made.map((one) => one.close()));
    made = [];
  });

  const kafka = async (changes: Record<string, unknown> = {}): Promise<{ one: KafkaTransport; drops: string }> => {
    const config = testConfig(cluster.brokers(), changes);
    const one = createKafka(config, silent());
    made.push(one);
    await one.create();
    return { one, drops: `${config.topics.prefix}.drops.v1` };
  };
  const kcat = (...args: string[]): Buffer => execFileSync('kcat', ['-b', cluster.brokers()[0] as string, ...args]);

  test.each(['lz4', 'gzip', 'none'] as const)('compresses by %s so that others read it', async (compression) => {
    const { one, drops } = await kafka({ compression });
    const append = rowsOf('1', 1, 3000);
    await one.writer.append(append);
    const format = '%k %h\n%s';
    const read = kcat('-C', '-t', drops, '-e', '-q', '-f', format).toString();
    const wanted = append.blocks.flatMap((block) =>
      [...messagesOf(block)].map(({ key, headers, value }) => {
        const text = Object.entries(headers).map((pair) => pair.join('='));
        return `${key} ${text.join(',')}\n${value.toString()}`;
      }),
    );
    expect(read).toBe(wanted.join(''));
  });

  test('ends its waiting when it is told to, and leaves no listener behind', async () => {
    const { one } = await kafka();
    const stopping = new AbortController();
    const added = vi.spyOn(stopping.signal, 'addEventListener');
    const removed = vi.spyOn(stopping.signal, 'removeEventListener');
    for (let first = 1; first < 5; first++) await one.writer.append(rowsOf('1', first, first), { signal: stopping.signal });
    await vi.waitUntil(() => removed.mock.calls.length === added.mock.calls.length);
    stopping.abort();
    const late = one.writer.append(rowsOf('1', 5, 5), { signal: stopping.signal });
    await expect(late).rejects.toMatchObject({ code: 'DL_TRANSPORT_UNAVAILABLE' });
  });

  test('arms next to no timers while nothing is to do', async () => {
    const { one } = await kafka({ fetch_wait_ms: 300 });
    const stopping = new AbortController();
    let last = 0;
    const run = one.reader.run(({ blocks }) => {
      last = blocks.at(-1)?.last ?? last;
      return Promise.resolve();
    }, stopping.signal);
    const pass = async (position: number): Promise<void> => {
      await one.writer.append(rowsOf('1', position, position));
      await vi.waitUntil(() => last === position, { timeout: 30_000, interval: 50 });
    };
    await pass(1);
    const armed = vi.spyOn(globalThis, 'setTimeout');
    // each waits for what the broker holds back for 300 ms; the client would arm 300 timers of a millisecond for each connection
    for (let position = 2; position <= 6; position++) await pass(position);
    const short = armed.mock.calls.filter(([, delay]) => !(Number(delay) > 1)).length;
    armed.mockRestore();
    stopping.abort();
    await run;
    expect(short).toBeLessThan(100);
  });

  test('and a reader go on after the broker was gone', async () => {
    const { one } = await kafka();
    const stopping = new AbortController();
    const seen = new Set<number>();
    const run = one.reader.run(({ blocks }) => {
      for (const { first } of blocks) seen.add(first);
      return Promise.resolve();
    }, stopping.signal);
    await one.writer.append(rowsOf('1', 1, 1));
    await vi.waitUntil(() => seen.has(1), 30_000);
    const [node] = cluster.nodes;
    await node?.end('SIGKILL');
    await expect(one.writer.append(rowsOf('1', 2, 2))).rejects.toMatchObject({ disposition: 'retry' });
    node?.start();
    await node?.up();
    const again = (): Promise<boolean> =>
      one.writer.append(rowsOf('1', 2, 2)).then(
        () => true,
        () => false,
      );
    await vi.waitUntil(again, { timeout: 40_000, interval: 100 });
    await vi.waitUntil(() => seen.has(2), 40_000);
    stopping.abort();
    await run;
    expect([...seen]).toEqual([1, 2]);
  });
});

function silent(): Reporter {
  return createReporter({ registry: new Registry(), level: 'silent' });
}
