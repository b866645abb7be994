import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DroplensError, type Reporter } from '@droplens/runtime';
import { engineConfig, type EngineConfig } from './config.ts';
import { keepCredentials, type Account } from './credentials.ts';
import { Database } from './database.ts';
import { answers, readEndpoint, removeEndpoint, writeEndpoint, type FoundEngine } from './endpoint-file.ts';
import { HttpEndpoint } from './http-endpoint.ts';

/** A running embedded ClickHouse. */
export interface Engine {
  /** Base URL, such as http://127.0.0.1:41234. */
  readonly url: string;
  /** The account that may do everything. */
  readonly writer: Account;
  /** The account for dashboards. */
  readonly readonly: Account;
  /** Waits for what runs, refuses what comes, closes the data directory. May be called twice. */
  close(): Promise<void>;
}

/** How to open an engine: the data directory, and any key of its configuration. */
export interface EngineOptions extends Partial<EngineConfig> {
  readonly directory: string;
  readonly reporter?: Reporter;
}

/**
 * Opens the data directory and serves it over HTTP. Throws a DroplensError: DL_ENGINE_LOCKED when another process holds
 * the directory (the message says which), DL_DATA_DIRECTORY when it cannot be used, DL_CONFIG_INVALID for a bad option.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { directory: given, reporter, ...keys } = options;
  const parsed = engineConfig.safeParse(keys);
  if (!parsed.success)
    throw new DroplensError(
      'DL_CONFIG_INVALID',
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  const config = parsed.data;
  const directory = join(resolve(given), 'engine');
  await refuseIfHeld(directory);
  const inserts = join(directory, 'inserts');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rm(inserts, { recursive: true, force: true });
    await mkdir(inserts, { mode: 0o700 });
  } catch (error) {
    throw new DroplensError('DL_DATA_DIRECTORY', `the data directory ${given} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const credentials = await keepCredentials(directory);
  const database = new Database(join(directory, 'clickhouse'), config);
  try {
    await database.open();
  } catch (error) {
    throw new DroplensError('DL_ENGINE_FAILED', `the database in ${given} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const instance = randomUUID();
  const endpoint = new HttpEndpoint({ config, credentials, database, inserts, instance, ...(reporter && { reporter }) });
  await endpoint.start();
  await writeEndpoint(directory, { url: endpoint.url, pid: process.pid, since: new Date().toISOString(), instance });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await endpoint.stop();
    await removeEndpoint(directory);
    await database.close();
  };
  return {
    url: endpoint.url,
    writer: credentials.writer,
    readonly: credentials.readonly,
    close: () => (closing ??= close()),
  };
}

/** The engine that another process (or this one) runs on the data directory, or null when none answers. */
export async function findEngine(directory: string): Promise<FoundEngine | null> {
  const path = join(resolve(directory), 'engine');
  const endpoint = await readEndpoint(path);
  if (endpoint === null || !(await answers(endpoint))) return null;
  return { ...endpoint, ...(await keepCredentials(path)) };
}

async function refuseIfHeld(directory: string): Promise<void> {
  const endpoint = await readEndpoint(directory);
  if (endpoint === null || !(await answers(endpoint))) return;
  throw new DroplensError(
    'DL_ENGINE_LOCKED',
    `the data directory ${directory} is held by process ${endpoint.pid}, which serves it at ${endpoint.url} since ${endpoint.since}`,
  );
}
