import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { Collector, Geo, Loader, type SourceConfig } from '@droplens/pipeline';
import { AdminServer, DroplensError, Lifecycle, pause, type Component, type Reporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createSpool, type Spool } from '@droplens/transport';
import type { Configuration } from '../config/schema.ts';
import { dataPaths } from '../data-directory.ts';
import { localTimeZone } from '../time.ts';
import { adminComponent } from './admin.ts';
import { MigratedLoader } from './migrated-loader.ts';

/** What `up` runs on. */
export interface UpOptions {
  readonly config: Configuration;
  readonly sources: readonly SourceConfig[];
  readonly machineId: string;
  readonly reporter: Reporter;
  /** Told when a part has failed for good: the process is to end. */
  readonly onFatal: (error: unknown) => void;
}

/** Everything on one machine, running. */
export interface Up {
  readonly store: Store;
  readonly spool: Spool;
  readonly collector: Collector;
  readonly admin: AdminServer;
  /** Lets what was read be stored if that takes seconds, and gives everything back. */
  stop(): Promise<void>;
}

/** Composes and starts all of it: collector → spool → loader → ClickHouse. What was started is stopped when a later part fails. */
export async function startUp({ config, sources, machineId, reporter, onFatal }: UpOptions): Promise<Up> {
  const paths = dataPaths(config.data);
  let ready: () => string | null = () => 'starting';
  const admin = new AdminServer({ listen: config.admin.listen, registry: reporter.registry, ready: () => ready() });
  const spool = createSpool(paths.spool, { maxBytes: config.transport.max_bytes, reporter: reporter.child('transport') });
  // Its lock tells a second `up` at once, before the admin port can only say that it is taken; whoever else holds the engine is a
  // command that will be done soon.
  const queue: Component = { start: () => spool.writer.open(), stop: () => spool.writer.close() };
  const before = new Lifecycle([queue, adminComponent(admin, config.admin.listen)]);
  await before.start();
  let engine: Engine | null = null;
  try {
    engine = await engineOf(config, reporter);
    const store = new Store({ ...accessOf(config, engine), reporter: reporter.child('store') });
    const geo = new Geo(config.geo, reporter.child('geo'));
    const loader = new MigratedLoader({
      store,
      loader: new Loader({ reader: spool.reader, store, geo, reporter: reporter.child('loader'), config: config.loader }),
      retention: config.retention,
      reporter: reporter.child('loader'),
      onFatal,
    });
    const collector = new Collector({
      sources,
      directory: paths.collector,
      host: config.host,
      machineId,
      writer: spool.writer,
      timeZone: config.parse.time_zone ?? localTimeZone(),
      actions: config.parse.actions,
      reporter: reporter.child('collector'),
      onFatal,
    });
    const parts = new Lifecycle([geo, loader, collector]);
    await parts.start();
    ready = () => (loader.ready ? null : 'the database does not answer yet; lines are kept in the spool');
    const running = engine;
    return {
      store,
      spool,
      collector,
      admin,
      stop: async () => {
        ready = () => 'stopping';
        try {
          await parts.stop();
        } finally {
          await store.close();
          await running?.close();
          await before.stop();
        }
      },
    };
  } catch (error) {
    await engine?.close();
    await before.stop();
    throw error;
  }
}

/** How long a command that asks or imports may keep the engine from us. */
const patienceMs = 15_000;
const pauseMs = 200;

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

function accessOf(
  config: Configuration,
  engine: Engine | null,
): { url: string; username: string; password: string; database?: string } {
  if (engine !== null) return { url: engine.url, ...engine.writer };
  if (config.store.kind !== 'clickhouse') throw new TypeError('an embedded store needs its engine');
  const { url, username, password, database } = config.store;
  return { url, username, password, database };
}
