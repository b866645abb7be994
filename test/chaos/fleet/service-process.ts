import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as passing } from 'node:timers/promises';
import { join } from 'node:path';
import { endChild, isRunning } from '../../running-child.ts';

const program = join(import.meta.dirname, '../../../packages/cli/bin/droplens.js');
/** A service that is not up after this long never will be. */
const upMs = 90_000;

/** One service of the fleet as a process of its own, as a supervisor would run it: no terminal, its log in a file. */
export class ServiceProcess {
  readonly name: string;
  readonly log: string;
  readonly #args: readonly string[];
  readonly #environment: Record<string, string>;
  readonly #stdin: string | undefined;
  #child: ChildProcess | undefined;
  #began = 0;

  /** `stdin` is a file that it reads from its first byte on at each start. */
  constructor(options: {
    name: string;
    log: string;
    args: readonly string[];
    environment?: Record<string, string>;
    stdin?: string;
  }) {
    this.name = options.name;
    this.log = options.log;
    this.#args = options.args;
    this.#environment = options.environment ?? {};
    this.#stdin = options.stdin;
  }

  /** `failpoint` makes it kill itself at a named place (see transport's failpoint.ts). */
  start(failpoint = ''): void {
    this.#began = existsSync(this.log) ? readFileSync(this.log).length : 0;
    const log = openSync(this.log, 'a');
    const env = { ...process.env, ...this.#environment, DROPLENS_FAILPOINT: failpoint };
    const input = this.#stdin === undefined ? 'ignore' : openSync(this.#stdin, 'r');
    this.#child = spawn(process.execPath, [program, ...this.#args], { env, stdio: [input, log, log] });
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  get running(): boolean {
    return isRunning(this.#child);
  }

  /** What it has said since it was started. */
  said(): string {
    return existsSync(this.log) ? readFileSync(this.log).subarray(this.#began).toString() : '';
  }

  /** Resolves when it has said `words`. */
  async says(words: string): Promise<void> {
    const until = Date.now() + upMs;
    while (!this.said().includes(words)) {
      if (!this.running || Date.now() > until) throw new Error(`${this.name} did not say ${words}:\n${this.said().slice(-3000)}`);
      await passing(30);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it with `signal` and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await endChild(this.#child, signal);
  }

  /** Resolves when it is gone by itself, with the signal that ended it. */
  async gone(): Promise<NodeJS.Signals | null> {
    const until = Date.now() + upMs;
    while (this.running) {
      if (Date.now() > until) throw new Error(`${this.name} goes on:\n${this.said().slice(-2000)}`);
      await passing(20);
    }
    return this.#child?.signalCode ?? null;
  }

  /** Sum of a metric over its labels; 0 when the process does not answer. */
  async metric(name: string): Promise<number> {
    const admin = /"admin":"([^"]+)"/.exec(this.said())?.[1];
    if (admin === undefined || !this.running) return 0;
    const text = await fetch(`http://${admin}/metrics`, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.text(),
      () => '',
    );
    return text
      .split('\n')
      .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Most memory it has had so far, in MiB. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
  }
}
