import { readFileSync } from 'node:fs';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceProcess } from '../chaos/fleet/service-process.ts';
import { freePorts, KafkaCluster } from '../kafka/kafka-cluster.ts';
import { inUtc } from './droplens.ts';
import type { Input } from './input.ts';

/** A fleet on this machine, each part as its users start it: one broker, the engine over HTTP, one loader, and collectors as they are wanted. */
export class FleetProcesses {
  readonly engine: ServiceProcess;
  readonly #cluster: KafkaCluster;
  readonly #directory: string;
  readonly #engineUrl: string;
  readonly #clients: ServiceProcess[] = [];

  private constructor(directory: string, cluster: KafkaCluster, enginePort: number) {
    this.#directory = directory;
    this.#cluster = cluster;
    this.engine = new ServiceProcess({
      name: 'engine',
      log: join(directory, 'engine.log'),
      args: ['engine', '--listen', `127.0.0.1:${enginePort}`, '--data', this.data],
    });
    this.#engineUrl = `http://127.0.0.1:${enginePort}`;
  }

  /** Starts the broker and the engine. */
  static async start(directory: string): Promise<FleetProcesses> {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const cluster = await KafkaCluster.start();
    const [port] = (await freePorts(1)) as [number];
    const fleet = new FleetProcesses(directory, cluster, port);
    try {
      await fleet.startEngine();
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Directory of the engine's data. */
  get data(): string {
    return join(this.#directory, 'engine');
  }

  async startEngine(): Promise<void> {
    this.engine.start();
    await this.engine.says('Ctrl-C ends it');
  }

  async loader(): Promise<ServiceProcess> {
    const credentials = readFileSync(join(this.data, 'engine/credentials.json'), 'utf8');
    const { writer } = JSON.parse(credentials) as { writer: { username: string; password: string } };
    return await this.#start('loader', 'load', {
      store: { kind: 'clickhouse', url: this.#engineUrl, ...writer },
      // an outage of seconds stands for one of minutes: the longest wait between two tries shrinks with it
      loader: { retry_max_ms: 1000 },
    });
  }

  /** A collector that follows an empty log, and that log. */
  async collector(host: string): Promise<{ collector: ServiceProcess; log: string }> {
    const log = join(this.#directory, `${host}.kern`);
    await writeFile(log, '');
    return { collector: await this.#start(host, 'collect', { host, machine_id: host, sources: [{ file: log }] }), log };
  }

  /** The whole input appears under the log's name at once, and costs nothing to write. Nothing may be appended then: it is the input itself. */
  async fill(log: string, input: Input): Promise<void> {
    await link(input.path, `${log}.new`);
    await rename(`${log}.new`, log);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients, this.engine].map((one) => one.end('SIGTERM')));
    await this.#cluster.stop();
  }

  async #start(name: string, command: string, settings: object): Promise<ServiceProcess> {
    const config = join(this.#directory, `${name}.yaml`);
    const transport = {
      kind: 'kafka',
      brokers: this.#cluster.brokers(),
      topics: { replication: 1, min_insync_replicas: 1 },
    };
    // JSON is YAML
    await writeFile(config, JSON.stringify({ transport, admin: { listen: '127.0.0.1:0' }, ...settings }));
    const service = new ServiceProcess({
      name,
      log: join(this.#directory, `${name}.log`),
      environment: inUtc,
      args: [command, '--config', config, '--data', join(this.#directory, name)],
    });
    this.#clients.push(service);
    service.start();
    await service.says('"msg":"started"');
    return service;
  }
}
