import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter, DroplensError } from '@droplens/runtime';
import { createKafka, kafkaConfig, type Delivery, type KafkaTransport } from '@droplens/transport';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withoutKafka } from './jars.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { aclOf, ruleText, shownBlock, shownRules, type AccessRule } from './shown-access.ts';

const password = 'kept secret';
const block = { stream: '1', epoch: '1', first: 1, last: 1, rows: 1, text: Buffer.from('1\tx\n') };
const status = { stream: '1', epoch: '1', position: 1, time: 1, host: 'h', source: 'kmsg', lines: 1, records: 1, rejected: {} };
const facts = { addresses: [], gateways: [], resolvers: [], listening: [], absent: {} };
const append = {
  blocks: [block],
  undercounts: [],
  statuses: [status],
  hosts: [{ host: 'h', since: 1, time: 1, facts, contacted: [] }],
};
const origins = ['drops', 'hosts', 'status'].map((role) => `droplens.${role}.v1/0`);
const rules = shownRules();
const attemptMs = 20_000;

/** How a right that lacks is said; a topic that may not be seen is one that is missing. */
const refusal = /^DL_(KAFKA_ACCESS|TOPIC_MISSING)|may not read as that group/;

function wordsOf(error: unknown): string {
  return error instanceof DroplensError ? `${error.code}: ${error.message}` : String(error);
}

/** The page's properties but for the addresses, which are each test's own; a plain listener stays, which the harness waits for. */
function shownProperties(secrets: string): Record<string, string> {
  const lines = shownBlock('properties')
    .split('\n')
    .filter((line) => line.includes('='));
  const pairs = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  const own = ['node.id', 'controller.quorum.voters', 'listeners', 'advertised.listeners'];
  const properties = Object.fromEntries(pairs.filter(([key]) => !own.includes(key)));
  for (const [key, value] of Object.entries(properties)) properties[key] = value.replace('/etc/kafka/secrets', secrets);
  const map = 'listener.security.protocol.map';
  return { ...properties, [map]: `${properties[map]},PLAINTEXT:PLAINTEXT` };
}

/** By the page's commands, for this machine's address. */
function makeCertificates(directory: string): void {
  const commands = shownBlock('').replaceAll('DNS:kafka-1', 'IP:127.0.0.1');
  const { status, stderr } = spawnSync('sh', ['-ec', commands], { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`no certificates:\n${stderr}`);
}

describe.skipIf(withoutKafka('access rules'))('the access rules of deploy/kafka/README.md', { timeout: 240_000 }, () => {
  let cluster: KafkaCluster;
  let secrets: string;
  let admin: kafkajs.Admin;
  let holding: readonly AccessRule[] = [];
  const made: KafkaTransport[] = [];

  /** A transport of a user, with the configuration that the page shows; `failed` is told of what it tries again. */
  const transportOf = (user: string, failed: (error: unknown) => void = () => undefined): KafkaTransport => {
    const { transport: shown } = parse(shownBlock('yaml')) as { transport: { topics: object; sasl: object } };
    const config = kafkaConfig.parse({
      ...shown,
      brokers: cluster.brokers('CLIENT'),
      tls: { ca: join(secrets, 'ca.pem') },
      sasl: { ...shown.sasl, username: user, password },
      topics: { ...shown.topics, partitions: 1 },
      fetch_wait_ms: 20,
    });
    const reporter = Object.assign(createReporter({ registry: new Registry(), level: 'silent' }), { fail: failed });
    const transport = createKafka(config, reporter);
    made.push(transport);
    return transport;
  };

  beforeAll(async () => {
    secrets = mkdtempSync(join(tmpdir(), 'droplens-secrets-'));
    makeCertificates(secrets);
    cluster = await KafkaCluster.start({
      nodes: 3,
      listeners: ['BROKER', 'CLIENT'],
      scram: ['admin', 'collector', 'loader', 'operator'].map((name) => `SCRAM-SHA-512=[name=${name},password=${password}]`),
      properties: shownProperties(secrets),
    });
    await transportOf('admin').create();
    const ssl = { ca: [readFileSync(join(secrets, 'ca.pem'), 'utf8')] };
    const sasl = { mechanism: 'scram-sha-512', username: 'admin', password } as const;
    const { logLevel, Kafka } = kafkajs;
    admin = new Kafka({ brokers: cluster.brokers('CLIENT'), ssl, sasl, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  }, 240_000);
  afterAll(async () => {
    await Promise.all(made.map((one) => one.close()));
    await admin?.disconnect();
    await cluster?.stop();
    rmSync(secrets, { recursive: true });
  });

  /** Makes these rules hold, and no others. */
  const allow = async (allowed: readonly AccessRule[]): Promise<void> => {
    const gone = holding.filter((rule) => !allowed.includes(rule));
    const added = allowed.filter((rule) => !holding.includes(rule));
    holding = allowed;
    if (gone.length > 0) await admin.deleteAcls({ filters: gone.map(aclOf) });
    if (added.length > 0) await admin.createAcls({ acl: added.map(aclOf) });
  };

  /** What a collector sends. */
  const collect = async (): Promise<void> => {
    await transportOf('collector').writer.append(append);
  };

  /** What a loader does: reads all its topics, commits, and puts a row aside. Resolves with where it read, rejects with what it would try again. */
  const load = async (user = 'loader'): Promise<string[]> => {
    const enough = new AbortController();
    const seen = new Set<string>();
    let running: Promise<void> = Promise.resolve();
    const failure = new Promise<never>((_, reject) => {
      // a coordinator that is not ready yet, and the like, passes
      const lasting = (error: unknown): void => {
        if (refusal.test(wordsOf(error))) reject(error);
      };
      const { reader } = transportOf(user, lasting);
      const handler = async (delivery: Delivery): Promise<void> => {
        await delivery.saveIntent({ loadedAt: Date.now(), token: 'a-token' });
        await delivery.bury([{ stream: '1', epoch: '1', position: 1, reason: 'columns', row: Buffer.from('x') }]);
        seen.add(delivery.origin);
        if (seen.size === origins.length) enough.abort();
      };
      running = reader.run(handler, enough.signal).catch(reject);
    });
    const done = new Promise<void>((resolve) => enough.signal.addEventListener('abort', () => resolve()));
    // one that began while the brokers did not agree on the rules yet may be left without a topic for long: another begins
    const patience = once(AbortSignal.timeout(attemptMs), 'abort').then(() => Promise.reject(new Error('not all topics came')));
    try {
      await Promise.race([done, failure, patience]);
    } finally {
      enough.abort();
      await running;
    }
    return [...seen].sort();
  };

  /** What `action` comes to in the end, when every broker has heard of the rules: tried again until it is what `expected` says. */
  const eventually = async (action: () => Promise<unknown>, expected: RegExp): Promise<string> => {
    for (;;) {
      const outcome = await action().then(() => 'done', wordsOf);
      if (expected.test(outcome)) return outcome;
    }
  };

  const collectAndLoad = async (): Promise<void> => {
    await collect();
    expect(await load()).toEqual(origins);
  };

  it('let collectors write and loaders load', async () => {
    await allow(rules);
    expect(await eventually(collectAndLoad, /^done$/)).toBe('done');
  });

  it.each(rules.filter(({ user }) => user !== 'operator').map((rule) => ({ rule, text: ruleText(rule) })))(
    'allow no more than is needed: $text',
    async ({ rule }) => {
      await allow(rules);
      await eventually(collectAndLoad, /^done$/);
      await allow(rules.filter((other) => other !== rule));
      expect(await eventually(collectAndLoad, refusal)).not.toBe('done');
    },
  );

  it('let the operator make and see topics, and touch no row', async () => {
    await allow(rules);
    await admin.deleteTopics({ topics: ['droplens.hits.v1'] });
    const operator = transportOf('operator');
    const makeAndSee = async (): Promise<void> => {
      await operator.create();
      const seen = (await operator.inspect()).map(({ verdict, settings }) => [verdict, 'cleanup.policy' in settings]);
      expect(seen).toEqual(Array.from({ length: 6 }, () => ['good', true]));
    };
    await eventually(makeAndSee, /^done$/);
    await eventually(() => operator.writer.append(append), refusal);
    await eventually(() => load('operator'), refusal);
  });
});
