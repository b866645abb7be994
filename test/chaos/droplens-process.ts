import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endChild, isRunning } from '../running-child.ts';

const program = join(import.meta.dirname, '../../packages/cli/bin/droplens.js');
const run = promisify(execFile);

/** `droplens up` as a service would run it: no terminal, its log in a file. */
export class DroplensProcess {
  readonly #arguments: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;

  constructor(options: { data: string; config: string; log: string }) {
    this.#arguments = ['--data', options.data, '--config', options.config];
    this.#log = options.log;
  }

  start(): void {
    const log = openSync(this.#log, 'a');
    this.#child = spawn(process.execPath, [program, 'up', ...this.#arguments], { stdio: ['ignore', log, log] });
  }

  get running(): boolean {
    return isRunning(this.#child);
  }

  /** Ends it with `signal` and waits until it is gone; how it ended. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.#child!;
    await endChild(child, signal);
    return { code: child.exitCode, signal: child.signalCode };
  }

  /** Rows of a query, through the CLI against whoever holds the store. */
  async sql<Row>(query: string): Promise<Row[]> {
    const { stdout } = await run(process.execPath, [program, 'sql', query, '--format', 'ndjson', ...this.#arguments]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }
}
