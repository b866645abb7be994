import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter, type Reporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createKafka, type KafkaConfig, type KafkaTransport } from '@droplens/transport';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { lettersOf, testConfig } from '../../../transport/test/kafka/kafka-harness.ts';
import { hostRow } from '../../../transport/test/transport.conformance.ts';
import { Geo, Loader } from '../../src/index.ts';
import { every, sampleBlock, sampleRow } from './sample-rows.ts';
import { ask, tables } from './tables.ts';

describe.skipIf(withoutKafka('foreign messages'))('a loader whose topics others write to', () => {
  let directory: string;
  let cluster: KafkaCluster;
  let engine: Engine;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-foreign-'));
    [cluster, engine] = await Promise.all([KafkaCluster.start(), openEngine({ directory })]);
  });
  afterAll(async () => {
    await Promise.all([cluster.stop(), engine.close()]);
    rmSync(directory, { recursive: true });
  });

  let number = 0;
  let database: string;
  let registry: Registry;
  let reporter: Reporter;
  let store: Store;
  let config: KafkaConfig;
  let kafka: KafkaTransport;
  let client: kafkajs.Kafka;
  beforeEach(async () => {
    database = `d${++number}`;
    registry = new Registry();
    reporter = createReporter({ registry, level: 'silent' });
    store = new Store({ url: engine.url, ...engine.writer, database, reporter });
    await store.migrate();
    config = testConfig(cluster.brokers(), {
      topics: { prefix: `t${number}`, partitions: 1, replication: 1, min_insync_replicas: 1 },
    });
    kafka = createKafka(config, reporter);
    await kafka.create();
    client = new kafkajs.Kafka({ brokers: config.brokers, logLevel: kafkajs.logLevel.NOTHING });
  });
  afterEach(async () => {
    await kafka.close();
    await store.close();
  });

  const topic = (role: string): string => `t${number}.${role}.v1`;
  /** Sends raw messages as somebody else would. */
  const send = async (role: string, ...messages: kafkajs.Message[]): Promise<void> => {
    const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: topic(role), messages: messages.map((message) => ({ ...message, partition: 0 })) });
    await producer.disconnect();
  };
  /** Good rows, at the given positions. */
  const good = (first: number, last: number): Promise<void> =>
    kafka.writer.append({
      blocks: [sampleBlock('1', '1', first, last, every(first, last))],
      undercounts: [],
      statuses: [],
      hosts: [],
    });
  const sum = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
    const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
    return values
      .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
      .reduce((total, { value }) => total + value, 0);
  };
  /** Starts a loader. */
  const start = async (): Promise<{ loaded: (rows: number) => Promise<void>; stop: () => Promise<void> }> => {
    const geo = new Geo({}, reporter);
    await geo.start();
    const loader = new Loader({ reader: kafka.reader, store, geo, reporter, config: { retry_initial_ms: 1, retry_max_ms: 5 } });
    await loader.start();
    return {
      loaded: async (rows) => {
        const loaded = (): boolean => loader.rows >= rows && kafka.reader.backlog().files === 0;
        await Promise.race([loader.finished, vi.waitUntil(loaded, { timeout: 40_000, interval: 20 })]);
      },
      stop: async () => {
        await loader.stop();
        await geo.stop();
      },
    };
  };
  /** Loads until so many rows are stored and nothing waits. */
  const load = async (rows: number): Promise<void> => {
    const loader = await start();
    await loader.loaded(rows);
    await loader.stop();
  };
  const expectExactly = async (rows: number): Promise<void> => {
    expect(await tables(engine, database)).toMatchObject({ rows, unique: rows, ledgerRows: rows, sources: rows, mismatches: 0 });
  };

  test('puts aside what is not ours, and loads what is, once', async () => {
    const ours = { v: '1', stream: '9', epoch: '9', first: '1', last: '9', n: '1' };
    const row = (position: number): Buffer => Buffer.from(`${sampleRow({ position })}\n`);
    const strange: [reason: string, message: kafkajs.Message][] = [
      ['foreign', { value: 'garbage' }],
      ['foreign', { value: Buffer.from([0xff, 0xfe, 0x00, 0x0a]), key: Buffer.from([0xff]) }],
      ['foreign', { value: '' }],
      ['foreign', { value: null, key: '9' }],
      ['foreign', { value: null, key: '9', headers: ours }],
      ['foreign', { value: Buffer.alloc(1024 * 1024, 'x') }],
      ['foreign', { value: row(1), headers: { ...ours, v: ['1', '1'] } }],
      ['version', { value: '2\tnew\tcolumns\n', headers: { ...ours, v: '2' } }],
      ['header', { value: row(1), headers: { ...ours, n: '2' } }],
      ['header', { value: row(10), headers: ours }],
      ['header', { value: row(1), headers: { ...ours, stream: '1; DROP TABLE drops' } }],
      ['header', { value: row(1), headers: { ...ours, epoch: '99999999999999999999' } }],
    ];
    let position = 0;
    for (const [, message] of strange) {
      await good(position + 1, position + 10);
      position += 10;
      await send('drops', message);
    }
    await good(position + 1, position + 10);
    await load(position + 10);
    await expectExactly(position + 10);

    const letters = await lettersOf(config);
    const put = letters.map(({ fields, value }) => [
      fields['kind'],
      fields['origin'],
      fields['reason'],
      value.toString('latin1'),
    ]);
    const expected = strange.map(([reason, { value }]) => {
      return ['message', `${topic('drops')}/0`, reason, Buffer.from(value ?? '').toString('latin1')];
    });
    expect(put).toEqual(expected);
    expect(letters.find(({ fields }) => fields['reason'] === 'version')?.fields).toMatchObject({ 'm-v': '2', 'm-stream': '9' });
    for (const reason of ['foreign', 'version', 'header']) {
      const count = strange.filter(([why]) => why === reason).length;
      expect(await sum('droplens_transport_kafka_foreign_messages_total', { reason })).toBe(count);
    }
    expect(await sum('droplens_errors_total', { code: 'DL_MESSAGE_FOREIGN' })).toBeGreaterThan(0);
  });

  test('puts aside rows whose values the database would change, and loads those beside them', async () => {
    const wrong = [{ src_port: 65_536 }, { dst_port: -1 }, { ttl: 256 }, { length: 2 ** 32 }, { src: '1.2.3' }, { time: 'now' }];
    const rows = [
      ...every(1, 20).map((position) => sampleRow({ position, extra: `SEQ=${position}` })),
      ...wrong.map((columns, n) => sampleRow({ position: 21 + n, ...columns })),
      'no tabs at all',
      sampleRow({ position: 29 }),
    ];
    const headers = { v: '1', stream: '5', epoch: '5', first: '1', last: '30', n: String(rows.length) };
    await send('drops', { key: '5', value: `${rows.join('\n')}\n`, headers });
    await good(1, 10);
    await load(31);
    expect(await tables(engine, database)).toMatchObject({ rows: 31, ledgerRows: 31, mismatches: 0 });
    const letters = await lettersOf(config);
    expect(letters.map(({ value }) => value.toString()).sort()).toEqual(rows.slice(20, -1).sort());
    expect(letters.every(({ fields }) => fields['kind'] === 'row' && fields['stream'] === '5')).toBe(true);
    expect(await sum('droplens_loader_dead_rows_total')).toBe(wrong.length + 1);
  });

  test('takes no status and no host from others, and those beside them are stored', async () => {
    const undercount = {
      stream: '1',
      epoch: '1',
      position: 1,
      time: 1_795_132_800_000,
      host: 'h',
      cause: 'net-ratelimit',
      count: 7,
    };
    const strange = [
      '{}',
      'null',
      JSON.stringify({ v: 2 }),
      JSON.stringify({ v: 1, undercounts: [{ ...undercount, stream: '99999999999999999999' }], statuses: [] }),
      JSON.stringify({ v: 1, undercounts: [{ ...undercount, time: 1e300 }], statuses: [] }),
    ];
    const host = (changes: object): string => JSON.stringify({ v: 1, host: { ...hostRow, ...changes } });
    const facts = { ...hostRow.facts, gateways: ['not an address'] };
    const strangers = ['', host({ facts }), host({ since: 1.5 }), host({ time: -1 }), host({ host: 'half \ud800 a pair' })];
    await send('status', ...strange.map((value) => ({ value })));
    await send('hosts', ...strangers.map((value, n) => ({ key: `h${n}`, value })), { key: 'gone', value: null });
    await kafka.writer.append({ blocks: [], undercounts: [undercount], statuses: [], hosts: [hostRow] });
    await good(1, 5);
    const hosts = (): Promise<{ host: string }[]> => ask(engine, database, 'SELECT DISTINCT host FROM hosts ORDER BY host');
    const loader = await start();
    await loader.loaded(5);
    await vi.waitUntil(async () => (await hosts()).length > 0, 20_000);
    await vi.waitUntil(async () => (await sum('droplens_loader_batches_total')) >= 3, 20_000);
    await loader.stop();
    expect(await ask(engine, database, 'SELECT count FROM undercount')).toEqual([{ count: 7 }]);
    expect(await hosts()).toEqual([{ host: hostRow.host }]);
    const letters = await lettersOf(config);
    expect(letters.filter(({ fields }) => fields['origin'] === `${topic('status')}/0`)).toHaveLength(strange.length);
    expect(letters.filter(({ fields }) => fields['origin'] === `${topic('hosts')}/0`)).toHaveLength(strangers.length + 1);
  });

  test.each(['gzip', 'lz4', 'snappy', 'zstd'])('goes on behind a batch of others that is compressed by %s', async (codec) => {
    await good(1, 10);
    const file = join(directory, 'lines');
    writeFileSync(file, 'one\ntwo\nthree\n'.repeat(100));
    const args = [
      '-P',
      '-b',
      config.brokers.join(','),
      '-t',
      topic('drops'),
      '-p',
      '0',
      '-z',
      codec,
      '-X',
      'linger.ms=100',
      '-l',
      file,
    ];
    execFileSync('kcat', args, { stdio: 'pipe' });
    await good(11, 20);
    await load(20);
    await expectExactly(20);
    const letters = await lettersOf(config);
    expect(letters.map(({ value }) => value.toString())).toEqual(
      Array.from({ length: 100 }, () => ['one', 'two', 'three']).flat(),
    );
  });

  test('sees of transactions what was committed, and goes on behind what was not', async () => {
    await good(1, 10);
    const producer = client.producer({ transactionalId: `x${number}`, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transact = async (end: 'abort' | 'commit', value: string | Buffer): Promise<void> => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: topic('drops'), messages: [{ partition: 0, value }] });
      await transaction[end]();
    };
    for (const end of ['abort', 'commit', 'abort', 'abort', 'commit'] as const) await transact(end, end);
    // more than one fetch of nothing
    for (let part = 0; part < 6; part++) await transact('abort', randomBytes(1_000_000));
    const loader = await start();
    await loader.loaded(10);
    await good(11, 20);
    await transact('abort', 'never');
    await loader.loaded(20);
    await good(21, 30);
    await loader.loaded(30);
    await loader.stop();
    await producer.disconnect();
    await expectExactly(30);
    expect((await lettersOf(config)).map(({ value }) => value.toString())).toEqual(['commit', 'commit']);
  });
});
