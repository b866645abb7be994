import { Geo, HostFacts, Loader, type Collector, type SourceConfig } from '@droplens/pipeline';
import { AdminServer, Lifecycle, type Component, type Reporter } from '@droplens/runtime';
import type { Store } from '@droplens/store';
import { createSpool, type Spool, type SpoolConfig } from '@droplens/transport';
import type { Configuration } from '../config/schema.ts';
import { dataPaths } from '../data-directory.ts';
import { adminComponent } from '../service/admin.ts';
import { collectorOf } from '../service/collector.ts';
import { MigratedLoader } from '../service/migrated-loader.ts';
import { openServiceStore, type ServiceStore } from '../service/service-store.ts';

/** What `up` runs on. */
export interface UpOptions {
  readonly config: Configuration;
  readonly spool: SpoolConfig;
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
export async function startUp({ config, spool: spoolConfig, sources, machineId, reporter, onFatal }: UpOptions): Promise<Up> {
  const paths = dataPaths(config.data);
  let ready: () => string | null = () => 'starting';
  const admin = new AdminServer({ listen: config.admin.listen, registry: reporter.registry, ready: () => ready() });
  const spool = createSpool(paths.spool, { maxBytes: spoolConfig.max_bytes, reporter: reporter.child('transport') });
  // Its lock tells a second `up` at once, before the admin port can only say that it is taken; whoever else holds the engine is a
  // command that will be done soon.
  const queue: Component = { start: () => spool.writer.open(), stop: () => spool.writer.close() };
  const before = new Lifecycle([queue, adminComponent(admin, config.admin.listen)]);
  await before.start();
  let opened: ServiceStore | null = null;
  try {
    opened = await openServiceStore(config, reporter);
    const { store } = opened;
    const database = opened;
    const geo = new Geo(config.geo, reporter.child('geo'));
    const loader = new MigratedLoader({
      store,
      loader: new Loader({ reader: spool.reader, store, geo, reporter: reporter.child('loader'), config: config.loader }),
      retention: config.retention,
      reporter: reporter.child('loader'),
      onFatal,
    });
    const collector = collectorOf(config, { sources, machineId, writer: spool.writer, reporter, onFatal });
    const hostFacts = new HostFacts({
      config: config.host_facts,
      host: config.host,
      directory: paths.host,
      writer: spool.writer,
      reporter: reporter.child('host'),
    });
    const parts = new Lifecycle([geo, loader, collector, hostFacts]);
    await parts.start();
    ready = () => (loader.ready ? null : 'the database does not answer yet; lines are kept in the spool');
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
          await database.close();
          await before.stop();
        }
      },
    };
  } catch (error) {
    await opened?.close();
    await before.stop();
    throw error;
  }
}
