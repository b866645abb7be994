import { HostFacts } from '@droplens/pipeline';
import { AdminServer, Lifecycle, type Component } from '@droplens/runtime';
import { createKafka, createSpool, Forwarder } from '@droplens/transport';
import { dataPaths, prepareDataDirectory } from '../data-directory.ts';
import { adminComponent } from '../service/admin.ts';
import { collectorOf } from '../service/collector.ts';
import { findSources } from '../service/find-sources.ts';
import { machineIdentity } from '../service/machine-identity.ts';
import type { Service, ServiceOptions } from '../service/run-service.ts';
import { kafkaOf } from '../service/transport-config.ts';
import { clockText, LineRate } from '../terminal/line-rate.ts';
import { bytes, grouped, rate } from '../terminal/numbers.ts';
import { cutText } from '../terminal/safe-text.ts';

/** A few requests to Kafka: enough that a checkpoint costs nothing beside them. */
const block = { rows: 20_000, bytes: 3 * 1024 * 1024 };

/**
 * The collector of a fleet. Files go straight to Kafka, and wait where they are while it does not answer; what cannot wait (the kernel's ring, the
 * journal, stdin) goes into a spool of bounded size first, and from there to Kafka.
 */
export async function startCollect({ loaded, reporter, onFatal }: ServiceOptions, uid: number): Promise<Service> {
  const { config } = loaded;
  const kafkaConfig = kafkaOf(loaded, '`collect`');
  await prepareDataDirectory(config.data, uid);
  const sources = await findSources(config);
  const transport = reporter.child('transport');
  const kafka = createKafka(kafkaConfig, transport);
  const spool = createSpool(dataPaths(config.data).spool, { maxBytes: kafkaConfig.max_bytes, reporter: transport });
  const forwarder = new Forwarder({ from: spool.reader, to: kafka.writer, onFatal });
  const collector = collectorOf(config, {
    sources: sources.configs,
    machineId: await machineIdentity(config),
    writer: kafka.writer,
    buffer: spool.writer,
    block,
    reporter,
    onFatal,
  });
  const hostFacts = new HostFacts({
    config: config.host_facts,
    host: config.host,
    directory: dataPaths(config.data).host,
    writer: kafka.writer,
    reporter: reporter.child('host'),
  });
  let stopping = false;
  const admin = new AdminServer({
    listen: config.admin.listen,
    registry: reporter.registry,
    ready: () => (stopping ? 'stopping' : null),
  });
  const queue: Component = { start: () => spool.writer.open(), stop: () => spool.writer.close() };
  const brokers: Component = { start: () => Promise.resolve(), stop: () => kafka.close() };
  const parts = new Lifecycle([adminComponent(admin, config.admin.listen), brokers, queue, forwarder, collector, hostFacts]);
  await parts.start();
  const speed = new LineRate();
  return {
    header: [
      ['log', sources.chosen],
      ['', sources.why],
      ['to', `Kafka at ${kafkaConfig.brokers.join(', ')}`],
      ['metrics', `http://${admin.address}/metrics`],
    ],
    fields: { sources: sources.configs, chosen: sources.why, brokers: kafkaConfig.brokers, admin: admin.address },
    status: (columns) => {
      const { lines, records, lagBytes, sources: all } = collector.status();
      const waiting = spool.pending().bytes;
      const problems = all.flatMap(({ problem }) => (problem === null ? [] : [problem]));
      const parts = [
        clockText(new Date()),
        `${rate(speed.sample(Date.now(), lines))} lines/s`,
        `${grouped(records)} packets`,
        `unread ${bytes(lagBytes)}`,
        ...(waiting > 0 ? [`${bytes(waiting)} wait for Kafka`] : []),
        ...(problems.length > 0 ? [`cannot read: ${problems.join('; ')}`] : []),
      ];
      return cutText(parts.join('   '), columns);
    },
    stop: async () => {
      stopping = true;
      await parts.stop();
    },
  };
}
