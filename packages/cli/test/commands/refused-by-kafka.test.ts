import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { droplens, type Outcome } from './run-droplens.ts';

const line =
  'Nov 21 03:14:15 web-1 kernel: [12.345678] iptables denied: IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.10 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=1 PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0';

describe.skipIf(withoutKafka('commands that Kafka refuses'))('a command that Kafka refuses', () => {
  let directory: string;
  let cluster: KafkaCluster;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-refused-'));
    cluster = await KafkaCluster.start();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  let number = 0;
  /** Runs a command with a transport of its own. */
  const run = (transport: Record<string, unknown>, ...args: string[]): Promise<Outcome> => {
    const file = join(directory, `${++number}.yml`);
    const log = join(directory, 'kern.log');
    writeFileSync(log, `${line}\n`);
    const config = {
      data: join(directory, `data-${number}`),
      sources: [{ file: log }],
      admin: { listen: '127.0.0.1:0' },
      transport: { kind: 'kafka', brokers: cluster.brokers(), ...transport },
    };
    writeFileSync(file, JSON.stringify(config));
    return droplens(['--config', file, ...args]);
  };
  const topics = (prefix: string, partitions: number): Record<string, unknown> => {
    return { topics: { prefix, partitions, replication: 1, min_insync_replicas: 1 } };
  };

  test.each([
    ['a broker that is not there', { brokers: ['127.0.0.1:1'] }, /ECONNREFUSED 127\.0\.0\.1:1 \[DL_TRANSPORT_UNAVAILABLE\]/],
    ['a broker without a name', { brokers: ['broker.invalid:9092'] }, /ENOTFOUND broker\.invalid \[DL_TRANSPORT_UNAVAILABLE\]/],
    ['a password where none is taken', { sasl: { mechanism: 'plain', username: 'a', password: 'b' } }, /DL_KAFKA_ACCESS/],
    ['certificates that are not there', { tls: { ca: '/nonexistent.pem' } }, /transport\.tls\.ca: ENOENT.*\[DL_CONFIG_INVALID\]/],
    [
      'topics that do not exist',
      topics('none', 1),
      /none\.drops\.v1 \(missing\).*\[DL_TOPIC_MISSING\]\n.*droplens topics --create/,
    ],
  ])('says so of %s, with exit code 1', async (_, transport, words) => {
    const { code, stderr } = await run(transport, 'topics');
    expect(stderr).toMatch(words);
    expect(code).toBe(1);
  });

  test('tells how to correct a topic, and neither collects nor loads until then', async () => {
    expect((await run(topics('few', 2), 'topics', '--create')).code).toBe(0);
    const wrong = topics('few', 3);
    const shown = await run(wrong, 'topics');
    expect(shown.code).toBe(1);
    expect(shown.stdout + shown.stderr).toMatch(/--alter --topic few\.drops\.v1\s+--partitions 3/);
    for (const service of ['collect', 'load']) {
      const { code, stderr, stdout } = await run(wrong, service);
      expect(stdout + stderr).toMatch(/few\.drops\.v1 has partitions 2; it needs 3 \[DL_TOPIC_MISCONFIGURED\]/);
      expect(code).toBe(1);
    }
  });
});
