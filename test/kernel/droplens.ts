import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Namespace } from './namespace.ts';

const program = join(import.meta.dirname, '../../packages/cli/bin/droplens.js');
const run = promisify(execFile);

/** What `droplens source --format ndjson` says, as far as these tests ask. */
export interface Dossier {
  readonly packets: number;
  readonly denied: number;
  readonly ports: number;
  readonly hosts: readonly { readonly host: string; readonly packets: number }[];
  readonly actions: readonly { readonly action: string; readonly packets: number }[];
  readonly recent: {
    readonly ports: readonly { readonly proto: string; readonly dst_port: number; readonly packets: number }[];
    readonly prefixes: readonly { readonly prefix: string; readonly packets: number }[];
  };
}

/** `droplens up` that follows the kernel's ring, with a data directory of its own; as a service would run it, in a namespace if one is given. */
export class Droplens {
  readonly #directory = mkdtempSync(join(tmpdir(), 'droplens-kernel-'));
  readonly #flags: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;

  readonly #namespace: Namespace | undefined;

  constructor(host: string, options: { namespace?: Namespace; config?: string } = {}) {
    this.#namespace = options.namespace;
    const config = join(this.#directory, 'droplens.yaml');
    this.#log = join(this.#directory, 'log');
    writeFileSync(config, `host: ${host}\nsources: [{kmsg: {}}]\nadmin: {listen: '127.0.0.1:0'}\n${options.config ?? ''}\n`);
    this.#flags = ['--data', join(this.#directory, 'data'), '--config', config];
  }

  /** Starts it and waits until it says so; throws with its log when it ends instead. */
  async start(): Promise<void> {
    const log = openSync(this.#log, 'a');
    const [node, ...rest] = [process.execPath, program, 'up', ...this.#flags] as const;
    const options: SpawnOptions = { stdio: ['ignore', log, log] };
    this.#child = this.#namespace?.spawn([node, ...rest], options) ?? spawn(node, rest, options);
    closeSync(log);
    while (!this.log.includes('"msg":"started"')) {
      if (this.#child.exitCode !== null) throw new Error(`droplens up ended: ${this.log}`);
      await pause(100);
    }
  }

  get log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  async source(address: string): Promise<Dossier> {
    return JSON.parse(await this.#ask('source', address)) as Dossier;
  }

  /** The rows of a query. */
  async sql<Row>(query: string): Promise<Row[]> {
    const lines = (await this.#ask('sql', query)).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Row);
  }

  async #ask(...words: string[]): Promise<string> {
    const command = [program, ...words, '--format', 'ndjson', ...this.#flags];
    if (this.#namespace !== undefined) return await this.#namespace.run(process.execPath, ...command);
    return (await run(process.execPath, command)).stdout;
  }

  /** Asks until `packets` of this source are stored, or `milliseconds` passed; the last answer. */
  async sourceWith(address: string, packets: number, milliseconds: number): Promise<Dossier> {
    const deadline = performance.now() + milliseconds;
    let dossier = await this.source(address);
    while (dossier.packets < packets && performance.now() < deadline) {
      await pause(250);
      dossier = await this.source(address);
    }
    return dossier;
  }

  /** Asks it to stop, waits until it has, and removes what it kept. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
