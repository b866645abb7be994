import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { DroplensError, pause, type Reporter } from '@droplens/runtime';
import { Store, type StoreOptions } from '@droplens/store';
import type { Configuration } from '../config/schema.ts';

/** The database of a service for its lifetime: a server, or an engine of its own. */
export interface ServiceStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** How long a command that asks or imports may keep the engine from us. */
const patienceMs = 15_000;
const pauseMs = 200;

/** Opens the engine when the store is embedded; a server is not asked anything yet. */
export async function openServiceStore(config: Configuration, reporter: Reporter): Promise<ServiceStore> {
  const engine = await engineOf(config, reporter);
  const store = new Store({ ...accessOf(config, engine), reporter: reporter.child('store') });
  return {
    store,
    close: async () => {
      await store.close();
      await engine?.close();
    },
  };
}

async function engineOf(config: Configuration, reporter: Reporter): Promise<Engine | null> {
  if (config.store.kind !== 'embedded') return null;
  const { kind: _kind, ...keys } = config.store;
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await openEngine({ ...keys, directory: config.data, reporter });
    } catch (error) {
      const held = error instanceof DroplensError && error.code === 'DL_ENGINE_LOCKED';
      if (!held || Date.now() > until) throw error;
      await pause(pauseMs);
    }
  }
}

function accessOf(config: Configuration, engine: Engine | null): Omit<StoreOptions, 'reporter'> {
  if (engine !== null) return { url: engine.url, ...engine.writer };
  if (config.store.kind !== 'clickhouse') throw new TypeError('an embedded store needs its engine');
  const { url, username, password, database, timeout_seconds: timeoutSeconds } = config.store;
  return { url, username, password, database, timeoutSeconds };
}
