/** Replays everything that was put aside, in a process of its own that can be killed. Argument: the spool's directory, or Kafka's configuration as JSON. */
import { createReporter } from '@droplens/runtime';
import { createKafka, createSpool, kafkaConfig } from '@droplens/transport';
import { Registry } from 'prom-client';

const [place = ''] = process.argv.slice(2);
const reporter = createReporter({ registry: new Registry(), level: 'silent' });
const transport = place.startsWith('{')
  ? createKafka(kafkaConfig.parse(JSON.parse(place)), reporter)
  : createSpool(place, { maxBytes: 1024 ** 3, reporter, lane: 'replay' });
await transport.dead.replay({});
await transport.writer.close();
process.exit(0);
