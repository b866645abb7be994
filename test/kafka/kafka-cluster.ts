import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerNode, type Properties } from './broker-node.ts';

export interface ClusterOptions {
  /** Brokers, each also a controller. Default 1; 3 survive the loss of one. */
  readonly nodes?: number;
  /** What a test changes of deploy/kafka/server.properties. */
  readonly properties?: Properties;
  /** Listeners beside PLAINTEXT, by name; each gets a port of its own on every node. */
  readonly listeners?: readonly string[];
  /** Users with a SCRAM password. */
  readonly scram?: readonly string[];
}

/** A real Kafka on loopback, one process a node. */
export class KafkaCluster {
  readonly nodes: readonly BrokerNode[];
  readonly directory: string;
  readonly #ports: ReadonlyMap<string, readonly number[]>;

  private constructor(nodes: readonly BrokerNode[], directory: string, ports: ReadonlyMap<string, readonly number[]>) {
    this.nodes = nodes;
    this.directory = directory;
    this.#ports = ports;
  }

  /** Starts all nodes and waits until they take connections. */
  static async start(options: ClusterOptions = {}): Promise<KafkaCluster> {
    const { nodes: count = 1, properties = {}, listeners = [], scram = [] } = options;
    const directory = mkdtempSync(join(tmpdir(), 'droplens-kafka-'));
    const names = ['PLAINTEXT', 'CONTROLLER', ...listeners];
    const free = await freePorts(count * names.length);
    const ports = new Map(names.map((name, n) => [name, free.slice(n * count, (n + 1) * count)]));
    const controllers = ports.get('CONTROLLER') as readonly number[];
    const voters = controllers.map((port, n) => `${n + 1}@127.0.0.1:${port}`).join(',');
    const nodes = Array.from({ length: count }, (_, n) => {
      const address = (name: string): string => `${name}://127.0.0.1:${ports.get(name)?.[n]}`;
      return new BrokerNode({
        id: n + 1,
        port: ports.get('PLAINTEXT')?.[n] as number,
        directory,
        properties: {
          'node.id': n + 1,
          'controller.quorum.voters': voters,
          listeners: names.map(address).join(','),
          'advertised.listeners': names
            .filter((name) => name !== 'CONTROLLER')
            .map(address)
            .join(','),
          ...(count > 1 ? replicated : {}),
          ...properties,
        },
      });
    });
    const cluster = new KafkaCluster(nodes, directory, ports);
    const id = randomBytes(16).toString('base64url');
    try {
      for (const node of nodes) node.format(id, scram);
      for (const node of nodes) node.start();
      for (const node of nodes) await node.up();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Bootstrap addresses of a listener. */
  brokers(listener = 'PLAINTEXT'): string[] {
    return (this.#ports.get(listener) ?? []).map((port) => `127.0.0.1:${port}`);
  }

  /** Ends all nodes and removes what they wrote. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end('SIGKILL')));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const replicated: Properties = {
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
};

/** So many ports that nobody listened on a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
