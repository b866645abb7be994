import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createKafka, kafkaConfig, type KafkaConfig } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsUpTo, sourceBlock, streams } from '../../../packages/pipeline/test/loader/crash-sources.ts';
import { tables, type Tables } from '../../../packages/pipeline/test/loader/tables.ts';
import { withoutKafka } from '../../kafka/jars.ts';
import { KafkaCluster } from '../../kafka/kafka-cluster.ts';
import type { ControlMode, ControlOptions } from './control-loader.ts';

const child = join(import.meta.dirname, 'control-loader.ts');
const end = 1400;
const controls: readonly Exclude<ControlMode, 'exact'>[] = [
  'token off',
  'intent off',
  'partly covered messages kept',
  'loaded_at taken anew',
];

describe.skipIf(withoutKafka('negative controls'))('negative controls: with a rule of the protocol taken away', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-controls-'));
  const reporter = createReporter({ registry: new Registry(), level: 'silent' });
  let cluster: KafkaCluster;
  let engine: Engine;
  beforeAll(async () => {
    cluster = await KafkaCluster.start({ properties: { 'group.min.session.timeout.ms': 1000 } });
    engine = await openEngine({ directory });
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  test('none taken away: every row is there once', { timeout: 120_000 }, async () => {
    const found = await killedAndFinished('exact');
    const all = rowsUpTo(end).rows * streams.length;
    const unique = rowsUpTo(end).unique * streams.length;
    expect(found).toMatchObject({ rows: all, unique, ledgerRows: all, sources: all, ports: all, mismatches: 0 });
    process.stdout.write(`control: none taken away: ${found.rows} of ${all} rows, exact\n`);
  });

  test.each(controls)('%s: rows are doubled', { timeout: 120_000 }, async (mode) => {
    const found = await killedAndFinished(mode);
    const all = rowsUpTo(end).rows * streams.length;
    process.stdout.write(`control: ${mode}: ${found.rows} rows of ${all}, fails as it must\n`);
    expect(found.unique).toBe(rowsUpTo(end).unique * streams.length);
    expect(found.rows).toBeGreaterThan(all);
  });

  /**
   * Collectors write, the loader dies between its insert and the ledger, collectors send again with other borders and go on, another loader
   * finishes. What the tables say then.
   */
  async function killedAndFinished(mode: ControlMode): Promise<Tables> {
    const database = `control_${mode.replaceAll(' ', '_')}`;
    const kafka: KafkaConfig = kafkaConfig.parse({
      kind: 'kafka',
      brokers: cluster.brokers(),
      group: database,
      session_timeout_ms: 2000,
      fetch_wait_ms: 100,
      topics: { prefix: database, partitions: 1, replication: 1, min_insync_replicas: 1 },
    });
    const store = new Store({ url: engine.url, ...engine.writer, database, reporter });
    await store.migrate();
    await store.close();
    const transport = createKafka(kafka, reporter);
    await transport.create();
    const send = async (first: number, last: number): Promise<void> => {
      for (const stream of streams) {
        await transport.writer.append({ blocks: [sourceBlock(stream, first, last)], undercounts: [], statuses: [], hosts: [] });
      }
    };
    const options: ControlOptions = { mode, kafka, store: { url: engine.url, ...engine.writer, database } };
    await send(1, 800);
    expect(await run(options, 'afterInsert').ended).toBe('SIGKILL');
    await send(601, end);
    const finishing = run(options);
    const wanted = rowsUpTo(end).unique * streams.length;
    let found = await tables(engine, database);
    for (let same = 0; found.unique < wanted || same < 10; same += 1) {
      await passing(200);
      const now = await tables(engine, database);
      if (now.rows !== found.rows) same = 0;
      found = now;
    }
    finishing.stop();
    await finishing.ended;
    await transport.close();
    return found;
  }

  /** A loader as a process of its own; `failpoint` makes it kill itself there. */
  function run(options: ControlOptions, failpoint = ''): { ended: Promise<string | null>; stop: () => void } {
    const running = spawn(process.execPath, ['--import', 'tsx', '--conditions=dev', child, JSON.stringify(options)], {
      env: { ...process.env, DROPLENS_FAILPOINT: failpoint },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return {
      ended: once(running, 'exit').then(([, signal]) => signal as string | null),
      stop: () => void running.kill('SIGTERM'),
    };
  }
});
