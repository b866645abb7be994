import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { childrenOf, memoryOf, treeOf } from './process-tree.ts';

/** What one run of a program cost. */
export interface Cost {
  /** User and system time of all threads and of all children that were waited for. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of the largest single process. */
  readonly rssMiB: number;
}

export interface RunOptions {
  /** File for standard input, standard output; /dev/null otherwise. */
  readonly stdin?: string;
  readonly stdout?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** For programs that never end by themselves: asked every 100 ms; true = ask it to stop now. */
  readonly until?: () => boolean;
}

/**
 * Runs a program to its end. The shell around it is there for `times`: the kernel's own account of everything that was waited for,
 * which Node does not give for its children. Rejects when the program fails.
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Cost> {
  const stdin = openSync(options.stdin ?? '/dev/null', 'r');
  const stdout = openSync(options.stdout ?? '/dev/null', 'w');
  const before = performance.now();
  const child = spawn('/bin/sh', ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh', ...command], {
    stdio: [stdin, stdout, 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  closeSync(stdin);
  closeSync(stdout);
  const shell = child.pid ?? 0;
  let complaints = '';
  let times = '';
  child.stderr!.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  child.stdio[3]!.on('data', (chunk: Buffer) => (times += chunk.toString()));
  let rssMiB = 0;
  const look = (): void => {
    for (const pid of treeOf(shell).slice(1)) rssMiB = Math.max(rssMiB, memoryOf(pid).peak);
  };
  const memoryTimer = setInterval(look, 20);
  setTimeout(look, 3);
  let stopped = 0;
  const untilTimer = setInterval(() => {
    if (stopped > 0 || options.until?.() !== true) return;
    stopped = performance.now();
    for (const pid of childrenOf(shell)) process.kill(pid, 'SIGTERM');
  }, 100);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(memoryTimer);
  clearInterval(untilTimer);
  if (code !== 0 && stopped === 0) throw new Error(`${command.join(' ')} ended with ${code}: ${complaints.trim()}`);
  const ofChildren = times.trim().split('\n')[1] ?? '';
  const cpuSeconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
  return { cpuSeconds, wallSeconds: ((stopped > 0 ? stopped : performance.now()) - before) / 1000, rssMiB };
}

/** The node command for one of the bench's own programs; it runs the sources, as the bench itself does. */
export function program(name: string, ...parameters: readonly string[]): readonly string[] {
  return [process.execPath, '--import', 'tsx', '--conditions=dev', `${import.meta.dirname}/${name}`, ...parameters];
}
