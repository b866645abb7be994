import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { createReporter } from '@droplens/runtime';
import { createKafka, kafkaConfig, type KafkaConfig, type KafkaTransport } from '@droplens/transport';
import { Kafka, logLevel } from 'kafkajs';
import { Registry } from 'prom-client';
import { freePorts, KafkaCluster } from '../../kafka/kafka-cluster.ts';
import { GrowingLog } from '../growing-log.ts';
import { FaultProxy } from './fault-proxy.ts';
import { exact, verdict, type Database, type Verdict } from './oracle.ts';
import { ServiceProcess } from './service-process.ts';

export interface FleetOptions {
  readonly nodes?: number;
  readonly hosts?: number;
  readonly loaders?: number;
  /** A file for the first host's stdin, as a source beside its log; the lines count as those of `logs`' last entry. */
  readonly stdin?: GrowingLog;
  readonly random: () => number;
}

type FleetParts = Pick<
  Fleet,
  'directory' | 'cluster' | 'engine' | 'proxy' | 'logs' | 'collectors' | 'loaders' | 'kafka' | 'database'
>;

/** When nothing has changed for this long, what is missing will not come. */
const stallMs = 90_000;

/** A whole fleet of real processes on this machine: collectors on their own logs, a Kafka, loaders, and ClickHouse behind a proxy that can hurt. */
export class Fleet {
  readonly directory: string;
  readonly cluster: KafkaCluster;
  readonly engine: ServiceProcess;
  readonly proxy: FaultProxy;
  readonly logs: readonly GrowingLog[];
  readonly collectors: readonly ServiceProcess[];
  readonly loaders: readonly ServiceProcess[];
  readonly kafka: KafkaConfig;
  readonly database: Database;

  private constructor(parts: FleetParts) {
    this.directory = parts.directory;
    this.cluster = parts.cluster;
    this.engine = parts.engine;
    this.proxy = parts.proxy;
    this.logs = parts.logs;
    this.collectors = parts.collectors;
    this.loaders = parts.loaders;
    this.kafka = parts.kafka;
    this.database = parts.database;
  }

  static async start({ nodes = 1, hosts = 3, loaders = 2, stdin, random }: FleetOptions): Promise<Fleet> {
    const directory = mkdtempSync(join(tmpdir(), 'droplens-fleet-'));
    const cluster = await KafkaCluster.start({ nodes, properties: { 'group.min.session.timeout.ms': 1000 } });
    const [port] = (await freePorts(1)) as [number];
    const engine = new ServiceProcess({
      name: 'engine',
      log: join(directory, 'engine.log'),
      args: ['engine', '--listen', `127.0.0.1:${port}`, '--data', join(directory, 'engine')],
    });
    const proxy = new FaultProxy(port);
    await proxy.start();
    engine.start();
    await engine.says('Ctrl-C ends it');
    const { writer } = JSON.parse(readFileSync(join(directory, 'engine/engine/credentials.json'), 'utf8')) as {
      writer: { username: string; password: string };
    };
    const kafka = kafkaConfig.parse({
      kind: 'kafka',
      brokers: cluster.brokers(),
      session_timeout_ms: 3000,
      fetch_wait_ms: 200,
      max_bytes: 16 * 1024 * 1024,
      topics: { partitions: 4, replication: nodes > 1 ? 3 : 1, min_insync_replicas: nodes > 1 ? 2 : 1 },
    });
    const service = (name: string, command: string, settings: object, input?: string): ServiceProcess => {
      const config = join(directory, `${name}.yaml`);
      // JSON is YAML
      writeFileSync(config, JSON.stringify({ transport: kafka, admin: { listen: '127.0.0.1:0' }, ...settings }));
      return new ServiceProcess({
        name,
        log: join(directory, `${name}.log`),
        args: [command, '--config', config, '--data', join(directory, name)],
        ...(input === undefined ? {} : { stdin: input }),
      });
    };
    const names = Array.from({ length: hosts }, (_, n) => `web-${n + 1}`);
    const logs = names.map((host) => {
      const folder = join(directory, 'log', host);
      mkdirSync(folder, { recursive: true });
      return new GrowingLog(folder, random, host);
    });
    const collectors = names.map((host, n) => {
      const piped = n === 0 ? stdin : undefined;
      const sources = [{ file: logs[n]?.path }, ...(piped === undefined ? [] : [{ stdin: {} }])];
      return service(host, 'collect', { host, machine_id: host, sources }, piped?.path);
    });
    const loading = Array.from({ length: loaders }, (_, n) =>
      service(`loader-${n + 1}`, 'load', {
        store: { kind: 'clickhouse', url: proxy.url, ...writer, timeout_seconds: 5 },
        loader: { retry_max_ms: 500 },
      }),
    );
    const database = { url: `http://127.0.0.1:${port}`, ...writer, database: 'droplens' };
    const all = stdin === undefined ? logs : [...logs, stdin];
    mountSmallDisk(join(directory, 'web-1'));
    const fleet = new Fleet({ directory, cluster, engine, proxy, logs: all, collectors, loaders: loading, kafka, database });
    for (const loader of loading) loader.start();
    for (const loader of loading) await loader.says('"msg":"started"');
    for (const collector of collectors) collector.start();
    for (const { name } of collectors) {
      // from here on every line is the collector's
      while (!existsSync(join(directory, name, 'collector/checkpoint.json'))) await passing(50);
    }
    return fleet;
  }

  /** Where the first collector keeps its state: a disk of its own, small enough to be filled. */
  get smallDisk(): string {
    return join(this.directory, 'web-1');
  }

  /** Everybody that can be killed. */
  all(): readonly ServiceProcess[] {
    return [...this.collectors, ...this.loaders, this.engine];
  }

  /** Appends up to `most` lines to every log. */
  grow(random: () => number, most: number): void {
    for (const log of this.logs) log.grow(1 + Math.floor(random() * most));
  }

  /** A metric summed over processes. */
  async metric(processes: readonly ServiceProcess[], name: string): Promise<number> {
    const values = await Promise.all(processes.map((one) => one.metric(name)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** A client of the broker for what operators do; run it and it is closed. */
  async client<T>(action: (client: Kafka) => Promise<T>): Promise<T> {
    return await action(new Kafka({ brokers: this.cluster.brokers(), logLevel: logLevel.NOTHING }));
  }

  /** Makes topics that do not exist, as `droplens topics --create` does. */
  async createTopics(): Promise<void> {
    const transport = this.#transport();
    try {
      await transport.create();
    } finally {
      await transport.close();
    }
  }

  #transport(): KafkaTransport {
    return createKafka(this.kafka, createReporter({ registry: new Registry(), level: 'silent' }));
  }

  /** Messages of the drops topic behind the committed offsets. */
  async lag(): Promise<number> {
    const topic = this.#transport().topics.find(({ role }) => role === 'drops')?.name as string;
    return await this.client(async (client) => {
      const admin = client.admin();
      await admin.connect();
      try {
        const [committed] = await admin.fetchOffsets({ groupId: this.kafka.group, topics: [topic] });
        const ends = await admin.fetchTopicOffsets(topic);
        return ends.reduce((sum, { partition, high, low }) => {
          const offset = committed?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
          return sum + Number(high) - Math.max(Number(offset), Number(low));
        }, 0);
      } finally {
        await admin.disconnect();
      }
    });
  }

  /** Asks until every line is loaded and no message waits, or until nothing changes any more; then the numbers tell what is wrong. */
  async settled(): Promise<Verdict & { lag: number }> {
    const wanted = exact(this.logs);
    let last = '';
    let changed = Date.now();
    for (;;) {
      const found = await verdict(this.database).catch(() => null);
      const lag = await this.lag().catch(() => -1);
      const text = JSON.stringify([found, lag]);
      if (text !== last) changed = Date.now();
      last = text;
      if (found !== null && found.ledger >= wanted.ledger && lag === 0) return { ...found, lag };
      if (Date.now() - changed > stallMs) {
        if (found === null) throw new Error(`the database does not answer:\n${this.engine.said().slice(-2000)}`);
        return { ...found, lag };
      }
      await passing(150);
    }
  }

  async stop(keep: boolean): Promise<void> {
    for (const one of this.all()) one.signal('SIGCONT');
    await Promise.all(this.all().map((one) => one.end('SIGKILL')));
    await this.proxy.stop();
    await this.cluster.stop();
    execFileSync('umount', [this.smallDisk]);
    if (!keep) rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Needs root, as the machine that runs this has it; in a container, CAP_SYS_ADMIN. */
function mountSmallDisk(path: string): void {
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m,mode=0700', 'tmpfs', path]);
}
