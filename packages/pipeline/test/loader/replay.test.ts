import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import {
  createKafka,
  createSpool,
  kafkaConfig,
  type DeadLetters,
  type RowBlock,
  type TransportReader,
  type TransportWriter,
} from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { Geo, Loader } from '../../src/index.ts';
import { every, identity, sampleBlock, sampleRow } from './sample-rows.ts';
import { ask, tables } from './tables.ts';

/** A transport and what was put aside. */
interface Opened {
  readonly writer: TransportWriter;
  readonly reader: TransportReader;
  readonly dead: DeadLetters;
  create?(): Promise<unknown>;
  close(): Promise<void>;
}

describe('replayed rows on the embedded engine', () => {
  let directory: string;
  let engine: Engine;
  let cluster: KafkaCluster | undefined;
  let database = 0;
  let store: Store;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-replay-'));
    engine = await openEngine({ directory });
    if (!noKafka) cluster = await KafkaCluster.start();
  });
  afterAll(async () => {
    await cluster?.stop();
    await engine.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    database += 1;
    store = new Store({ url: engine.url, ...engine.writer, database: `d${database}`, reporter: silent() });
    await store.migrate();
    return () => store.close();
  });

  const noKafka = withoutKafka('replay over Kafka');
  const drivers: [string, () => string][] = [['spool', spool], ...(noKafka ? [] : [['kafka', kafka] as [string, () => string]])];

  function spool(): string {
    return join(directory, `spool${database}`);
  }

  function kafka(): string {
    return JSON.stringify({
      kind: 'kafka',
      brokers: cluster?.brokers(),
      group: `load-${randomUUID()}`,
      fetch_wait_ms: 50,
      session_timeout_ms: 6000,
      topics: { prefix: `t-${randomUUID()}`, partitions: 3, replication: 1, min_insync_replicas: 1 },
    });
  }

  /** What a process of its own would have of the transport at `place`. */
  function open(place: string): Opened {
    if (place.startsWith('{')) return createKafka(kafkaConfig.parse(JSON.parse(place)), silent());
    const one = createSpool(place, { maxBytes: 1024 ** 3, reporter: silent() });
    return { ...one, close: () => one.writer.close() };
  }

  const alter = async (change: string): Promise<void> => {
    const client = createClient({ url: engine.url, ...engine.writer, database: `d${database}` });
    await client.command({ query: `ALTER TABLE drops_in ${change}` });
    await client.close();
  };
  /** The table knows one prefix only, so the database refuses rows with another; `repair` undoes it. */
  const narrow = (): Promise<void> => alter("MODIFY COLUMN prefix Enum8('iptables denied:' = 1)");
  const repair = (): Promise<void> => alter('MODIFY COLUMN prefix LowCardinality(String)');

  /** Loads with a loader of its own until the ledger holds so many ranges. */
  const load = async (place: string, ranges: number): Promise<void> => {
    const opened = open(place);
    const geo = new Geo({}, silent());
    await geo.start();
    const config = { retry_initial_ms: 1, retry_max_ms: 5 };
    const loader = new Loader({ reader: opened.reader, store, geo, reporter: silent(), config });
    await loader.start();
    while ((await tables(engine, `d${database}`)).ranges < ranges)
      await Promise.race([loader.finished, new Promise(setImmediate)]);
    await loader.stop();
    await geo.stop();
    await opened.close();
  };
  const append = async (place: string, ...blocks: RowBlock[]): Promise<void> => {
    const opened = open(place);
    if (opened.create !== undefined) await opened.create();
    await opened.writer.append({ blocks, undercounts: [], statuses: [], hosts: [] });
    await opened.close();
  };
  const replay = async (place: string): Promise<number> => {
    const opened = open(place);
    const { rows } = await opened.dead.replay({});
    await opened.close();
    return rows;
  };
  const letters = async (place: string): Promise<[number | null, string][]> => {
    const opened = open(place);
    const found = (await opened.dead.list({}, 1000)).letters;
    await opened.close();
    return found.map(({ position, reason }) => [position, reason.split(':', 1)[0] ?? '']);
  };

  /** Rows 1…100, of which the database refuses 20, 21 and the three of 50, and the loader 30. */
  const mixed = (): RowBlock => {
    const text = every(1, 100).flatMap((position) => {
      const prefix = [20, 21, 50].includes(position) ? { prefix: 'new rule:' } : {};
      const row = sampleRow({ ...identity(position), ...prefix, ...(position === 30 ? { dst_port: 70_000 } : {}) });
      return position === 50 ? [row, row, row] : [row];
    });
    return { stream: '7', epoch: '8', first: 1, last: 100, rows: text.length, text: Buffer.from(`${text.join('\n')}\n`) };
  };

  test.each(drivers)(
    '%s: what a broken table refused is there once after its repair, however often it is replayed',
    async (_, driver) => {
      const place = driver();
      await narrow();
      await append(place, mixed());
      await load(place, 1);
      expect(await tables(engine, `d${database}`)).toMatchObject({ rows: 96, unique: 96, ledgerRows: 96, mismatches: 0 });
      const dead = await letters(place);
      expect(dead.toSorted(([a], [b]) => (a ?? 0) - (b ?? 0))).toEqual([
        [20, 'refused'],
        [21, 'refused'],
        [30, 'number'],
        [50, 'refused'],
        [50, 'refused'],
        [50, 'refused'],
      ]);

      // too early: all of them die again, as letters of their own
      expect(await replay(place)).toBe(6);
      expect(await letters(place)).toEqual([]);
      await load(place, 5);
      expect(await letters(place)).toHaveLength(6);
      expect(await tables(engine, `d${database}`)).toMatchObject({ rows: 96, ledgerRows: 96 });

      await repair();
      expect(await replay(place)).toBe(6);
      await load(place, 9);
      const exact = { rows: 101, unique: 99, ledgerRows: 101, sources: 101, ports: 101, mismatches: 0 };
      expect(await tables(engine, `d${database}`)).toMatchObject(exact);
      expect(await letters(place)).toEqual([[30, 'number']]);
      const stored = await ask<{ extra: string; n: number }>(
        engine,
        `d${database}`,
        "SELECT extra, toUInt32(count()) AS n FROM drops WHERE prefix = 'new rule:' GROUP BY extra ORDER BY extra",
      );
      expect(stored).toEqual([
        { extra: 'SEQ=20', n: 1 },
        { extra: 'SEQ=21', n: 1 },
        { extra: 'SEQ=50', n: 3 },
      ]);
    },
  );

  test.each(drivers)('%s: a replay that is killed after sending, and done again, stores nothing twice', async (_, driver) => {
    const place = driver();
    await narrow();
    await append(place, mixed());
    await load(place, 1);
    await repair();
    for (let kill = 0; kill < 2; kill++) {
      expect(await killed(place)).toBe('SIGKILL');
      expect(await letters(place)).toHaveLength(6);
    }
    await load(place, 5);
    // the six once more, and row 30, which has died again
    expect(await replay(place)).toBe(7);
    await append(place, sampleBlock('7', '8', 101, 101, [101]));
    await load(place, 7);
    expect(await tables(engine, `d${database}`)).toMatchObject({ rows: 102, unique: 100, ledgerRows: 102, mismatches: 0 });
  });
});

/** A replay that dies after it has sent and before it has noted so; the signal that ended it. */
async function killed(place: string): Promise<unknown> {
  const child = join(import.meta.dirname, 'replay-child.ts');
  const env = { ...process.env, DROPLENS_FAILPOINT: 'afterReplay' };
  const running = spawn(process.execPath, ['--import', 'tsx', '--conditions=dev', child, place], { env, stdio: 'inherit' });
  return (await once(running, 'exit'))[1];
}

function silent(): ReturnType<typeof createReporter> {
  return createReporter({ registry: new Registry(), level: 'silent' });
}
