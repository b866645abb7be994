import { Geo, Loader } from '@droplens/pipeline';
import { AdminServer, Lifecycle, type Component } from '@droplens/runtime';
import { createKafka } from '@droplens/transport';
import { prepareDataDirectory } from '../data-directory.ts';
import { adminComponent } from '../service/admin.ts';
import { MigratedLoader } from '../service/migrated-loader.ts';
import type { Service, ServiceOptions } from '../service/run-service.ts';
import { openServiceStore } from '../service/service-store.ts';
import { kafkaOf } from '../service/transport-config.ts';
import { clockText, LineRate } from '../terminal/line-rate.ts';
import { grouped, rate } from '../terminal/numbers.ts';
import { cutText } from '../terminal/safe-text.ts';

/** A loader of a fleet: from Kafka into ClickHouse, as many of them side by side as the drops topic has partitions. */
export async function startLoad({ loaded, reporter, onFatal }: ServiceOptions, uid: number): Promise<Service> {
  const { config } = loaded;
  const kafkaConfig = kafkaOf(loaded, '`load`');
  if (config.store.kind === 'embedded') await prepareDataDirectory(config.data, uid);
  let ready: () => string | null = () => 'starting';
  const admin = new AdminServer({ listen: config.admin.listen, registry: reporter.registry, ready: () => ready() });
  const listening = adminComponent(admin, config.admin.listen);
  await listening.start();
  const opened = await openServiceStore(config, reporter).catch(async (error: unknown) => {
    await listening.stop();
    throw error;
  });
  const kafka = createKafka(kafkaConfig, reporter.child('transport'));
  const geo = new Geo(config.geo, reporter.child('geo'));
  const loader = new Loader({
    reader: kafka.reader,
    store: opened.store,
    geo,
    reporter: reporter.child('loader'),
    config: config.loader,
  });
  const migrated = new MigratedLoader({
    store: opened.store,
    loader,
    retention: config.retention,
    reporter: reporter.child('loader'),
    onFatal,
  });
  const brokers: Component = { start: () => Promise.resolve(), stop: () => kafka.close() };
  const parts = new Lifecycle([brokers, geo, migrated]);
  const stop = async (): Promise<void> => {
    ready = () => 'stopping';
    try {
      await parts.stop();
    } finally {
      await opened.close();
      await listening.stop();
    }
  };
  try {
    await parts.start();
  } catch (error) {
    await stop();
    throw error;
  }
  ready = () => (migrated.ready ? null : 'the database does not answer yet; rows wait in Kafka');
  const speed = new LineRate();
  const database = config.store.kind === 'embedded' ? `embedded ClickHouse, ${config.data}` : `ClickHouse at ${config.store.url}`;
  return {
    header: [
      ['from', `Kafka at ${kafkaConfig.brokers.join(', ')}, group ${kafkaConfig.group}`],
      ['to', database],
      ['metrics', `http://${admin.address}/metrics`],
    ],
    fields: { brokers: kafkaConfig.brokers, group: kafkaConfig.group, store: database, admin: admin.address },
    status: (columns) => {
      const { rows } = loader;
      const { files } = kafka.reader.backlog();
      const parts = [
        clockText(new Date()),
        `${rate(speed.sample(Date.now(), rows))} rows/s`,
        `${grouped(rows)} rows loaded`,
        `${grouped(files)} messages wait`,
        ...(migrated.ready ? [] : ['the database does not answer yet']),
      ];
      return cutText(parts.join('   '), columns);
    },
    stop,
  };
}
