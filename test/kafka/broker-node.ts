import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { endChild, isRunning } from '../running-child.ts';
import { brokerClassPath } from './jars.ts';

const shipped = join(import.meta.dirname, '../../deploy/kafka/server.properties');
const heap = ['-Xms96m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
/** A node that is not up after this long never will be. */
const upMs = 60_000;

export type Properties = Readonly<Record<string, string | number>>;

/** One Kafka node (broker and controller) as a process of its own, with the configuration that deploy/kafka ships and what a test changes of it. */
export class BrokerNode {
  readonly id: number;
  /** The port of its PLAINTEXT listener. */
  readonly port: number;
  readonly #directory: string;
  readonly #configuration: string;
  #child: ChildProcess | undefined;

  constructor(options: { id: number; port: number; directory: string; properties: Properties }) {
    this.id = options.id;
    this.port = options.port;
    this.#directory = join(options.directory, `node-${options.id}`);
    this.#configuration = join(this.#directory, 'server.properties');
    mkdirSync(this.#directory, { recursive: true });
    const properties = { 'log.dirs': join(this.#directory, 'data'), ...options.properties };
    writeFileSync(this.#configuration, override(readFileSync(shipped, 'utf8'), properties));
  }

  /** Makes the data directory; `scram` are users with a SCRAM password (`name=…,password=…`). */
  format(clusterId: string, scram: readonly string[] = []): void {
    const added = scram.flatMap((user) => ['--add-scram', user]);
    const args = [
      ...this.#java('kafka.tools.StorageTool'),
      'format',
      `--cluster-id=${clusterId}`,
      '--config',
      this.#configuration,
    ];
    const { status, stdout, stderr } = spawnSync('java', [...args, ...added], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the broker's storage cannot be formatted:\n${stdout}${stderr}`);
  }

  get running(): boolean {
    return isRunning(this.#child);
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  start(): void {
    const log = openSync(this.log, 'a');
    this.#child = spawn('java', [...this.#java('kafka.Kafka'), this.#configuration], { stdio: ['ignore', log, log] });
  }

  /** Resolves when it takes connections. */
  async up(): Promise<void> {
    const until = Date.now() + upMs;
    while (!(await takesConnections(this.port))) {
      if (!this.running || Date.now() > until) throw new Error(`the broker did not start:\n${this.#said()}`);
      await passing(50);
    }
  }

  /** Sends a signal and does not wait: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await endChild(this.#child, signal);
  }

  get log(): string {
    return join(this.#directory, 'broker.log');
  }

  #said(): string {
    return readFileSync(this.log, 'utf8').slice(-3000);
  }

  #java(main: string): string[] {
    return [...heap, `-Dlog4j2.level=WARN`, '-cp', brokerClassPath(), main];
  }
}

/** The properties file with some keys set to other values. */
function override(text: string, properties: Properties): string {
  const kept = text.split('\n').filter((line) => !Object.hasOwn(properties, line.split('=', 1)[0] as string));
  return [...kept, ...Object.entries(properties).map(([key, value]) => `${key}=${value}`), ''].join('\n');
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
