import { stat } from 'node:fs/promises';
import { findEngine, openEngine } from '@droplens/embedded-clickhouse';
import { createReporter, DroplensError, pause, type Reporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { CommandError, systemReason } from '../command-error.ts';
import type { Configuration } from '../config/schema.ts';

/** Who may do what with an opened store. */
export interface Access {
  readonly url: string;
  readonly database: string;
  readonly account: { readonly username: string; readonly password: string };
}

/** A store for the time of one command. */
export interface OpenedStore {
  readonly store: Store;
  readonly access: Access;
  /** The process that serves the data directory; null when it is this one, or a server. */
  readonly servedBy: number | null;
  /** Closes the store, and the engine when this process opened it. */
  close(): Promise<void>;
}

/** `ask`: questions only, with the read-only account; `write`: everything. */
export type Purpose = 'ask' | 'write';

export interface OpenStoreOptions {
  readonly reporter?: Reporter;
  /** Whether an engine of our own gets its tables first. Default true. */
  readonly migrate?: boolean;
}

const database = 'droplens';

/**
 * Opens the configured store: a server, the engine that another process runs on the data directory, or an engine of our own
 * that lives as long as the command. Null when there is nothing to ask yet: no data directory, and the purpose is to ask.
 */
export async function openStore(
  config: Configuration,
  purpose: Purpose,
  options: OpenStoreOptions = {},
): Promise<OpenedStore | null> {
  const { reporter = silentReporter() } = options;
  if (config.store.kind === 'clickhouse') {
    const { url, username, password, database: name } = config.store;
    const store = new Store({ url, username, password, database: name, reporter });
    return {
      store,
      access: { url, database: name, account: { username, password } },
      servedBy: null,
      close: () => store.close(),
    };
  }
  const until = Date.now() + patienceMs;
  for (;;) {
    const found = await findEngine(config.data).catch(refused(config.data));
    if (found !== null) {
      const account = purpose === 'ask' ? found.readonly : found.writer;
      const store = new Store({ url: found.url, ...account, reporter });
      return { store, access: { url: found.url, database, account }, servedBy: found.pid, close: () => store.close() };
    }
    if (purpose === 'ask' && !(await hasStore(config.data))) return null;
    try {
      return await openOwnEngine(config, purpose, reporter, options.migrate ?? true);
    } catch (error) {
      // somebody has it who does not answer: it is opening, closing, or the machine is busy
      if (!isHeld(error) || Date.now() > until) throw error;
      await pause(pauseMs);
    }
  }
}

/** How long a data directory may be held by somebody who does not answer. */
const patienceMs = 10_000;
const pauseMs = 300;

function isHeld(error: unknown): boolean {
  return error instanceof DroplensError && (error.code === 'DL_ENGINE_LOCKED' || error.code === 'DL_ENGINE_FAILED');
}

async function openOwnEngine(
  config: Configuration,
  purpose: Purpose,
  reporter: Reporter,
  migrate: boolean,
): Promise<OpenedStore> {
  if (config.store.kind !== 'embedded') throw new TypeError('only an embedded store has an engine');
  const { kind: _kind, ...keys } = config.store;
  // for the time of a command nobody else is to find it at the configured address
  const engine = await openEngine({ ...keys, listen: '127.0.0.1:0', directory: config.data, reporter }).catch(
    refused(config.data),
  );
  try {
    const writer = new Store({ url: engine.url, ...engine.writer, reporter });
    if (migrate) await writer.migrate();
    const account = purpose === 'ask' ? engine.readonly : engine.writer;
    const store = purpose === 'ask' ? new Store({ url: engine.url, ...account, reporter }) : writer;
    return {
      store,
      access: { url: engine.url, database, account },
      servedBy: null,
      close: async () => {
        await store.close();
        if (store !== writer) await writer.close();
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function hasStore(data: string): Promise<boolean> {
  try {
    return (await stat(`${data}/engine`)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    return refused(data)(error);
  }
}

function refused(data: string): (error: unknown) => never {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new CommandError(
      'DL_DATA_DIRECTORY',
      `${data}: ${systemReason(error)}`,
      'run it as the user who owns it (usually with sudo), or give another directory with --data',
      { cause: error },
    );
  };
}

/** For commands that answer once: what goes wrong reaches the person as the command's own error. */
export function silentReporter(): Reporter {
  return createReporter({ registry: new Registry(), level: 'silent' });
}
