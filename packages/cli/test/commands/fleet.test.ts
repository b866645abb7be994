import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createReporter } from '@droplens/runtime';
import { createKafka, kafkaConfig } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { droplens, program, type Outcome } from './run-droplens.ts';

/** One host and one loader of a fleet, as processes: the host knows the brokers and nothing of the database. */
describe.skipIf(withoutKafka('commands of a fleet'))('commands in a fleet', { timeout: 180_000 }, () => {
  let directory: string;
  let cluster: KafkaCluster;
  let log: string;
  let transport: ReturnType<typeof kafkaConfig.parse>;
  const running: ChildProcess[] = [];

  const data = (name: string): string => join(directory, name);
  const on = (name: string, ...args: string[]): Promise<Outcome> =>
    droplens([...args, '--data', data(name), '--config', join(directory, 'droplens.yaml')]);
  /** Starts a service and waits until it says that it has. */
  const start = async (name: string, command: string): Promise<ChildProcess> => {
    const args = [program, command, '--data', data(name), '--config', join(directory, 'droplens.yaml')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    running.push(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('"msg":"started"')) resolve();
      });
      child.on('exit', () => reject(new Error(said)));
    });
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  /** Rows in the store, how many different ones, and of which streams and epochs. */
  const stored = async (): Promise<unknown> => {
    const query =
      'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(src_port)) AS different, ' +
      '(SELECT toUInt32(uniqExact(stream, epoch)) FROM ledger WHERE rows > 0) AS epochs FROM drops';
    return JSON.parse((await on('loader', 'sql', query, '--format', 'ndjson')).stdout);
  };
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    const last = Date.now() + 120_000;
    while (!(await condition())) {
      if (Date.now() > last) throw new Error('it did not come about');
      await passing(50);
    }
  };
  /** Loaders store a stream in its order: what was sent before this packet is stored when it is. */
  const mark = async (port: number): Promise<void> => {
    const file = join(directory, `mark-${port}.log`);
    writeFileSync(file, line(port));
    expect(await on('host', 'import', file)).toMatchObject({ code: 0 });
    const query = `SELECT toUInt32(count()) AS n FROM drops WHERE src_port = ${port}`;
    await until(async () => (await on('loader', 'sql', query, '--format', 'ndjson')).stdout === '{"n":1}\n');
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-fleet-'));
    log = join(directory, 'kern.log');
    cluster = await KafkaCluster.start();
    transport = kafkaConfig.parse({
      kind: 'kafka',
      brokers: cluster.brokers(),
      fetch_wait_ms: 50,
      topics: { partitions: 2, replication: 1, min_insync_replicas: 1 },
    });
    const settings = {
      host: 'web-1',
      machine_id: 'web-1',
      sources: [{ file: log }],
      transport,
      admin: { listen: '127.0.0.1:0' },
    };
    writeFileSync(join(directory, 'droplens.yaml'), JSON.stringify(settings));
    const made = await on('host', 'topics', '--create');
    if (made.code !== 0) throw new Error(made.stderr);
    await start('loader', 'load');
  });
  afterAll(async () => {
    for (const child of running) await end(child);
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  it('imports into Kafka: again, compressed, or of a log that is followed live, nothing is stored twice', async () => {
    writeFileSync(log, lines(1, 500));
    const first = await on('host', 'import', log);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^500 lines of 1 file in .* lines\/s\)\n {2}sent {6}500 packets to Kafka at 127\.0\.0\.1:\d+; loaders store what is not there already\n$/,
    );
    expect((await on('host', 'import', log)).stdout).toContain('sent      500 packets');
    await mark(10_001);
    expect(await stored()).toEqual({ rows: 501, different: 501, epochs: 2 });

    const collector = await start('host', 'collect');
    appendFileSync(log, lines(501, 700));
    await until(async () => ((await stored()) as { rows: number }).rows === 701);
    await on('host', 'import', log);
    const rotated = `${log}.2.gz`;
    writeFileSync(rotated, gzipSync(lines(1, 700)));
    await on('host', 'import', rotated);
    await end(collector);
    await mark(10_002);
    expect(await stored()).toEqual({ rows: 702, different: 702, epochs: 3 });
  });

  it('says what is wrong with a file, with the brokers, and loads the other files', async () => {
    const other = join(directory, 'other.log');
    writeFileSync(other, line(10_003));
    const { code, stdout, stderr } = await on('host', 'import', join(directory, 'none.log'), other);
    expect(code).toBe(1);
    expect(stdout).toContain('sent      1 packet to Kafka');
    expect(stderr).toContain('[DL_IMPORT_UNREADABLE]');
    const config = join(directory, 'nobody.yaml');
    writeFileSync(config, 'transport: {kind: kafka, brokers: ["127.0.0.1:9"]}\n');
    const unreachable = await droplens(['import', other, '--data', data('host'), '--config', config]);
    expect(unreachable).toMatchObject({ code: 1, stdout: '' });
    expect(unreachable.stderr).toMatch(/cannot reach Kafka \(127\.0\.0\.1:9\).* \[DL_TRANSPORT_UNAVAILABLE\]/);
    const listed = await droplens(['dead', '--data', data('host'), '--config', config]);
    expect(listed).toMatchObject({ code: 1, stdout: '' });
    expect(listed.stderr).toContain('[DL_TRANSPORT_UNAVAILABLE]');
  });

  it('lists what the loaders of the fleet put aside, and sends it again', async () => {
    expect(await on('host', 'dead')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('droplens.dead.v1') as string,
    });
    const kafka = createKafka(transport, createReporter({ registry: new Registry(), level: 'silent' }));
    const row = [5, '1795132800.000', 'web-1', 'denied:', 'deny', 'eth0', '', '8.8.8.8', '192.0.2.10', 'TCP', 1, 70_000];
    const text = Buffer.from(`${[...row, 60, 52, 5, 2, 1024, 0, 0, ''].join('\t')}\n`);
    const block = { stream: '1', epoch: '2', first: 5, last: 5, rows: 1, text };
    await kafka.writer.append({ blocks: [block], undercounts: [], statuses: [], hosts: [] });
    await kafka.close();
    const letters = async (): Promise<{ id: string; epoch: string; reason: string }[]> =>
      (await on('host', 'dead', 'list', '--format', 'ndjson')).stdout
        .split('\n')
        .flatMap((entry) => (entry === '' ? [] : [JSON.parse(entry) as { id: string; epoch: string; reason: string }]));
    await until(async () => (await letters()).length === 1);
    const [letter] = await letters();
    expect(letter).toMatchObject({
      kind: 'row',
      reason: 'number',
      origin: expect.stringMatching(/^droplens\.drops\.v1\/\d$/) as string,
    });
    expect((await on('host', 'dead', 'replay', '--all', '--dry-run')).stdout).toBe('would replay 1 row\n');
    const replayed = await on('host', 'dead', 'replay', letter?.id ?? '');
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(replayed.stdout).toMatch(/^replayed 1 row\n {2}sent {6}to Kafka at .*; loaders store what is not there already\n$/);
    // its cause is not gone
    await until(async () => (await letters()).length === 1);
    expect((await letters())[0]?.id).not.toBe(letter?.id);
  });
});

function line(port: number): string {
  return (
    `2026-11-21T08:00:00.000000+00:00 web-1 kernel: [1.000001] denied: IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 ` +
    `SRC=198.51.100.7 DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=1 PROTO=TCP SPT=${port} DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 \n`
  );
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join('');
}
