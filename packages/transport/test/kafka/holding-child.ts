import { text } from 'node:stream/consumers';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createKafka, type KafkaConfig } from '../../src/index.ts';

/*
 * A reader that fixes the intent of its first batch, says `holds`, waits for the end of its input, tries to fix it once more, and says how that ended.
 * Argument: its configuration as JSON.
 */

const config = JSON.parse(process.argv[2] ?? '') as KafkaConfig;
const kafka = createKafka(config, createReporter({ registry: new Registry(), level: 'silent' }));
const intent = { loadedAt: 1_795_132_800_000, token: 'f00d' };

void kafka.reader.run(async (delivery) => {
  await delivery.saveIntent(intent);
  process.stdout.write('holds\n');
  await text(process.stdin);
  await delivery.saveIntent(intent).then(
    () => process.stdout.write('accepted\n'),
    (error: unknown) => process.stdout.write(`${(error as { code: string }).code}\n`),
  );
}, new AbortController().signal);
