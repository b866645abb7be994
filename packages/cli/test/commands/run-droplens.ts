import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const program = join(import.meta.dirname, '../../bin/droplens.js');

/** How a run of the real program ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Stdout goes to this file instead. */
  readonly stdoutFile?: string;
  /** Runs it as this user. */
  readonly uid?: number;
}

/** Runs the built program as a person would, in surroundings of its own. */
export async function droplens(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const file = options.stdoutFile === undefined ? undefined : openSync(options.stdoutFile, 'w');
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      TZ: 'UTC',
      COLUMNS: '80',
      DROPLENS_CONFIG: '/dev/null',
      ...options.env,
    },
    stdio: ['pipe', file ?? 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  if (file !== undefined) closeSync(file);
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(options.input ?? '');
  const [stdout, stderr, end] = await Promise.all([child.stdout === null ? '' : text(child.stdout), text(child.stderr!), ended]);
  return { ...end, stdout, stderr };
}
