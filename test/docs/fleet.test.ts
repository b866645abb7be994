import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutKafka } from '../kafka/jars.ts';
import { KafkaCluster } from '../kafka/kafka-cluster.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'packages/cli/bin/droplens.js');

/** Commands of README's section about fleets. */
const shown = (/^## A fleet$([\s\S]*?)^## /m.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('droplens '))
  .map((line) => line.replace(/\s+#.*$/, ''));

describe.skipIf(withoutKafka('README, a fleet'))('the commands of README, a fleet', { timeout: 120_000 }, () => {
  let directory: string;
  let cluster: KafkaCluster;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-fleet-'));
    writeFileSync(join(directory, 'kern.log'), '');
    cluster = await KafkaCluster.start();
  }, 120_000);
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });

  it('are those of its parts', () => {
    expect(shown).toEqual(['droplens topics --create', 'droplens collect', 'droplens load']);
  });

  // in their order: the topics first
  it.each(shown)('%s', async (command) => {
    const [, name = '', ...args] = command.split(' ');
    const child = spawn(process.execPath, [program, name, ...args], {
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        DROPLENS_CONFIG: '/dev/null',
        DROPLENS_DATA: join(directory, name),
        DROPLENS_TRANSPORT: `{kind: kafka, brokers: [${cluster.brokers().join()}], topics: {replication: 1, min_insync_replicas: 1}}`,
        DROPLENS_SOURCES: `[{file: ${join(directory, 'kern.log')}}]`,
        DROPLENS_ADMIN__LISTEN: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    // a service says when it has started, and ends when it is told to
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('"started"')) child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });
});
