import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DroplensError, pause } from '@droplens/runtime';
import { answers, readEndpoint, type Endpoint } from './endpoint-file.ts';

/** How long a process that has the lock may take until it serves, in milliseconds. */
const openingMs = 5_000;

/** Throws DL_ENGINE_LOCKED when an engine serves this directory. The lock itself is chDB's; this only spares opening in vain. */
export async function refuseIfHeld(directory: string): Promise<void> {
  const endpoint = await readEndpoint(directory).catch(() => null);
  if (endpoint !== null && (await answers(endpoint))) throw lockedBy(directory, endpoint);
}

/**
 * Why the database did not open, if another process has the lock: chDB says only that it failed, but leaves the holder's
 * process id in its status file. Waits a little for a holder that is only just opening. Null when nobody holds it.
 */
export async function heldError(directory: string, cause: unknown): Promise<DroplensError | null> {
  const holder = await holderOf(directory);
  if (holder === null) return null;
  for (const end = Date.now() + openingMs; Date.now() < end; await pause(50)) {
    const endpoint = await readEndpoint(directory).catch(() => null);
    if (endpoint !== null && (await answers(endpoint))) return lockedBy(directory, endpoint);
    if ((await holderOf(directory)) === null) break;
  }
  return new DroplensError(
    'DL_ENGINE_LOCKED',
    `the data directory ${directory} is held by process ${holder.pid} since ${holder.since}`,
    { cause },
  );
}

function lockedBy(directory: string, endpoint: Endpoint): DroplensError {
  return new DroplensError(
    'DL_ENGINE_LOCKED',
    `the data directory ${directory} is held by process ${endpoint.pid}, which serves it at ${endpoint.url} since ${endpoint.since}`,
  );
}

/** The process that chDB's status file names, if it has that file open; null otherwise. */
async function holderOf(directory: string): Promise<{ pid: number; since: string } | null> {
  const path = join(directory, 'clickhouse', 'status');
  const status = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(/^PID: (\d+)$/m.exec(status)?.[1]);
  if (!(pid > 0) || pid === process.pid || !(await mayHold(pid, path))) return null;
  return { pid, since: /^Started at: (.+)$/m.exec(status)?.[1] ?? 'an unknown time' };
}

/** Whether a process has the file open: its id may be that of another program by now. True where that cannot be seen. */
async function mayHold(pid: number, path: string): Promise<boolean> {
  try {
    const directory = `/proc/${pid}/fd`;
    const targets = await Promise.all((await readdir(directory)).map((name) => readlink(join(directory, name)).catch(() => '')));
    return targets.includes(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || (process.platform !== 'linux' && isAlive(pid));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
