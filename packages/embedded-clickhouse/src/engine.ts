import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DroplensError, Lifecycle, type Component, type Reporter } from '@droplens/runtime';
import { engineConfig, type EngineConfig } from './config.ts';
import { keepCredentials, readCredentials, type Account } from './credentials.ts';
import { answers, readEndpoint, removeEndpoint, writeEndpoint, type FoundEngine } from './endpoint-file.ts';
import { heldError, refuseIfHeld } from './holder.ts';
import { HttpEndpoint } from './http-endpoint.ts';
import { EngineMetrics } from './metrics.ts';
import { StatementRunner } from './statement-runner.ts';

/** A running embedded ClickHouse. */
export interface Engine {
  /** Base URL, such as http://127.0.0.1:41234. */
  readonly url: string;
  /** The account that may do everything. */
  readonly writer: Account;
  /** The account for dashboards. */
  readonly readonly: Account;
  /** Refuses new statements, stops queries, waits for inserts, closes the data directory. May be called twice. */
  close(): Promise<void>;
}

/** How to open an engine: the data directory, and any key of its configuration. */
export interface EngineOptions extends Partial<EngineConfig> {
  readonly directory: string;
  readonly reporter?: Reporter | undefined;
}

/** chDB serves one data directory a process. */
let openHere: string | null = null;

/**
 * Opens the data directory and serves it over HTTP. Everything lies in `<directory>/engine`. Throws a DroplensError:
 * DL_ENGINE_LOCKED when another process holds the directory (the message says which), DL_DATA_DIRECTORY when it cannot be
 * used, DL_ENGINE_FAILED when the database does not open, DL_ENGINE_LISTEN when the address is taken, DL_CONFIG_INVALID for a bad option.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { directory: given, reporter, ...keys } = options;
  const config = parseConfig(keys);
  const directory = join(resolve(given), 'engine');
  if (openHere !== null) {
    const error = openHere === directory ? 'DL_ENGINE_LOCKED' : 'DL_ENGINE_FAILED';
    throw new DroplensError(
      error,
      `this process (${process.pid}) already serves the data directory ${openHere}: it can serve one`,
    );
  }
  openHere = directory;
  try {
    await refuseIfHeld(directory);
    const parts = await compose(given, directory, config, reporter?.child('engine'));
    return {
      ...parts.engine,
      close: async () => {
        await parts.lifecycle.stop();
        if (openHere === directory) openHere = null;
      },
    };
  } catch (error) {
    openHere = null;
    throw error;
  }
}

/** The engine that some process runs on the data directory, or null when none answers; DL_DATA_DIRECTORY if it cannot be read. */
export async function findEngine(directory: string): Promise<FoundEngine | null> {
  const path = join(resolve(directory), 'engine');
  try {
    const endpoint = await readEndpoint(path);
    if (endpoint === null || !(await answers(endpoint))) return null;
    const credentials = await readCredentials(path);
    return credentials === null ? null : { ...endpoint, ...credentials };
  } catch (error) {
    throw new DroplensError('DL_DATA_DIRECTORY', `the engine's files in ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parseConfig(keys: Partial<EngineConfig>): EngineConfig {
  const parsed = engineConfig.safeParse(Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)));
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
  throw new DroplensError('DL_CONFIG_INVALID', `engine: ${reasons.join('; ')}`);
}

/** Opens one part after the other; nothing but the lock is touched in the directory before the lock is had. */
async function compose(
  given: string,
  directory: string,
  config: EngineConfig,
  reporter: Reporter | undefined,
): Promise<{ engine: Omit<Engine, 'close'>; lifecycle: Lifecycle }> {
  let files = join(directory, 'requests');
  const instance = randomUUID();
  // chDB is 150 MB of memory and a tenth of a second: a process that only asks others, or collects, never loads it
  const { Database } = await import('./database.ts');
  const database = new Database(join(directory, 'clickhouse'), config);
  const metrics = new EngineMetrics(reporter?.registry);
  let credentials: Awaited<ReturnType<typeof keepCredentials>> | undefined;
  let endpoint: HttpEndpoint | undefined;
  const announce = (url: string): Promise<void> =>
    writeEndpoint(directory, { url, pid: process.pid, since: new Date().toISOString(), instance });
  const opened: Component = {
    start: async () => {
      await makeDirectory(directory).catch((error: unknown) => {
        throw unusable(given, error);
      });
      await database.open().catch(async (error: unknown) => {
        throw (await heldError(directory, error)) ?? openError(given, error);
      });
    },
    stop: async () => {
      await database.close();
      metrics.stop();
    },
  };
  const served: Component = {
    start: async () => {
      try {
        await rm(files, { recursive: true, force: true });
        // The engine reads these signs in a file's path as a pattern.
        if (/[*?{}[\]\\]/.test(files)) files = await mkdtemp(join(tmpdir(), 'droplens-requests-'));
        else await mkdir(files, { mode: 0o700 });
        credentials = await keepCredentials(directory);
      } catch (error) {
        throw unusable(given, error);
      }
      const poolThreads = Number(process.env['UV_THREADPOOL_SIZE']) || 4;
      const runner = new StatementRunner({ database, config, directory: files, metrics, poolThreads });
      endpoint = new HttpEndpoint({ config, credentials, runner, instance, metrics, reporter });
      await endpoint.start();
      await announce(endpoint.url).catch(async (error: unknown) => {
        await endpoint?.stop();
        throw unusable(given, error);
      });
      reporter?.info('the embedded ClickHouse is open', { directory, url: endpoint.url, version: database.version });
    },
    stop: async () => {
      await endpoint?.stop();
      await removeEndpoint(directory);
      await rm(files, { recursive: true, force: true });
    },
  };
  const lifecycle = new Lifecycle([opened, served]);
  try {
    await lifecycle.start();
  } catch (error) {
    await opened.stop();
    throw error;
  }
  return { engine: { url: endpoint!.url, writer: credentials!.writer, readonly: credentials!.readonly }, lifecycle };
}

/** Like mkdir -p. Node's own recursive mkdir never comes back where a parent exists and takes no entries, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  const make = (one: string): Promise<NodeJS.ErrnoException | null> =>
    mkdir(one, { mode: 0o700 }).then(
      () => null,
      (error) => error as NodeJS.ErrnoException,
    );
  const error = await make(path);
  if (error === null || (error.code === 'EEXIST' && (await stat(path)).isDirectory())) return;
  if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
  await makeDirectory(dirname(path));
  await mkdir(path, { mode: 0o700 });
}

function unusable(given: string, error: unknown): DroplensError {
  const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'DL_DISK_FULL' : 'DL_DATA_DIRECTORY';
  return new DroplensError(code, `the data directory ${given} cannot be used: ${(error as Error).message}`, { cause: error });
}

function openError(given: string, error: unknown): DroplensError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EEXIST'].includes(code))
    return unusable(given, error);
  return new DroplensError('DL_ENGINE_FAILED', `the database in ${given} cannot be opened: ${(error as Error).message}`, {
    cause: error,
  });
}
