import { createReporter, errorTable, type ErrorCode, type Reporter } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../../../test/kafka/jars.ts';
import { createKafka, type KafkaTransport } from '../../src/index.ts';
import { createClient } from '../../src/kafka/client.ts';
import { collect, rowsOf } from '../transport.conformance.ts';
import { testConfig } from './kafka-harness.ts';
import { passwords, startSecuredCluster, type SecuredCluster } from './secured-cluster.ts';

type Right = readonly [type: kafkajs.AclResourceTypes, name: string, operation: kafkajs.AclOperationTypes];

const topics = { prefix: 'shared', partitions: 2, replication: 1, min_insync_replicas: 1 };
const wrong = { loader: 'wrong', nobody: 'wrong' };

describe.skipIf(withoutKafka('Kafka with TLS and passwords'))('a broker that asks who is there', () => {
  let secured: SecuredCluster;
  let made: KafkaTransport[] = [];
  beforeAll(async () => {
    secured = await startSecuredCluster();
    await kafka('PLAINTEXT').create();
  });
  afterAll(() => secured.stop());
  afterEach(async () => {
    await Promise.all(made.map((one) => one.close()));
    made = [];
  });

  const kafka = (listener: string, changes: Record<string, unknown> = {}): KafkaTransport => {
    const brokers = listener.includes(':') ? [listener] : secured.cluster.brokers(listener);
    const one = createKafka(testConfig(brokers, { topics, ...changes }), silent());
    made.push(one);
    return one;
  };
  const silent = (): Reporter => createReporter({ registry: new Registry(), level: 'silent' });
  const login = (mechanism: string, username: string, password: string): Record<string, unknown> => ({
    sasl: { mechanism, username, password },
  });
  const trusted = (more: object = {}): Record<string, unknown> => ({ tls: { ca: secured.authority.ca, ...more } });

  test.each<[string, string, () => Record<string, unknown>]>([
    ['over TLS', 'TLS', () => trusted()],
    ['over TLS to the name that the certificate carries', 'ELSEWHERE', () => trusted({ server_name: 'elsewhere.example' })],
    ['over TLS with a certificate of its own', 'MUTUAL', () => trusted({ cert: secured.client.cert, key: secured.client.key })],
    ['with PLAIN', 'LOGIN', () => login('plain', 'loader', passwords.loader)],
    ['with SCRAM-SHA-256', 'LOGIN', () => login('scram-sha-256', 'loader', passwords.loader)],
    ['with SCRAM-SHA-512', 'LOGIN', () => login('scram-sha-512', 'loader', passwords.loader)],
    ['with PLAIN over TLS', 'SECURE', () => ({ ...trusted(), ...login('plain', 'loader', passwords.loader) })],
    ['with SCRAM-SHA-512 over TLS', 'SECURE', () => ({ ...trusted(), ...login('scram-sha-512', 'loader', passwords.loader) })],
  ])('writes and reads %s', async (how, listener, changes) => {
    const prefix = `to-${how.replaceAll(' ', '-')}`;
    const one = kafka(listener, { ...changes(), topics: { ...topics, prefix } });
    await one.create();
    const { writer, reader } = one;
    await writer.append(rowsOf('1', 1, 5));
    expect((await collect(reader, 5)).flatMap(({ blocks }) => blocks.map(({ last }) => last))).toEqual([5]);
  });

  test.each<[string, string, () => Record<string, unknown>, ErrorCode, RegExp]>([
    ['an authority that this machine does not know', 'TLS', () => ({ tls: {} }), 'DL_KAFKA_TLS', /certificate/],
    [
      'a certificate of another authority',
      'TLS',
      () => ({ tls: { ca: secured.stranger.ca } }),
      'DL_KAFKA_TLS',
      /at 127\.0\.0\.1:\d+: unable to verify the first certificate/,
    ],
    ['an expired certificate', 'EXPIRED', () => trusted(), 'DL_KAFKA_TLS', /at 127\.0\.0\.1:\d+: certificate has expired/],
    ['a certificate of another name', 'ELSEWHERE', () => trusted(), 'DL_KAFKA_TLS', /127\.0\.0\.1 is not in the cert's list/],
    ['no certificate of its own', 'MUTUAL', () => trusted(), 'DL_KAFKA_TLS', /wants a certificate .*transport\.tls\.cert/],
    ['plain text where TLS is spoken', 'TLS', () => ({}), 'DL_TRANSPORT_UNAVAILABLE', /Closed connection; .*transport\.tls/],
    ['TLS where plain text is spoken', 'PLAINTEXT', () => trusted(), 'DL_TRANSPORT_UNAVAILABLE', /does not speak TLS/],
    ['no password where one is wanted', 'LOGIN', () => ({}), 'DL_TRANSPORT_UNAVAILABLE', /wants a password \(transport\.sasl\)/],
    ['a password where none is taken', 'PLAINTEXT', () => login('plain', 'a', 'b'), 'DL_KAFKA_ACCESS', /takes no password/],
    [
      'a wrong password',
      'LOGIN',
      () => login('plain', 'loader', wrong.loader),
      'DL_KAFKA_ACCESS',
      /Invalid username or password/,
    ],
    ['a wrong password, proven', 'LOGIN', () => login('scram-sha-256', 'loader', wrong.loader), 'DL_KAFKA_ACCESS', /SHA-256/],
    ['an unknown user', 'LOGIN', () => login('scram-sha-512', 'nobody', wrong.nobody), 'DL_KAFKA_ACCESS', /SHA-512/],
    ['a name that does not resolve', 'broker.invalid:9092', () => ({}), 'DL_TRANSPORT_UNAVAILABLE', /ENOTFOUND broker\.invalid/],
    ['a port where nobody listens', '127.0.0.1:1', () => ({}), 'DL_TRANSPORT_UNAVAILABLE', /ECONNREFUSED 127\.0\.0\.1:1/],
    ['a user who may not see the topics', 'LOGIN', guest, 'DL_KAFKA_ACCESS', /shared\.drops\.v1: Not authorized/],
  ])('refuses %s, and says so', async (_, listener, changes, code, sentence) => {
    const one = kafka(listener, changes());
    const refusals = [one.inspect(), one.writer.open(), one.writer.append(rowsOf('1', 1, 1))];
    for (const refusal of await Promise.allSettled(refusals)) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code, remedy: errorTable[code].remedy } });
      expect((refusal as PromiseRejectedResult).reason).toHaveProperty('message', expect.stringMatching(sentence));
    }
    expect(await readerSays(listener, changes())).toMatch(sentence);
  });

  function guest(): Record<string, unknown> {
    return login('plain', 'guest', passwords.guest);
  }

  /** What a reader says: it ends with it, or reports it and tries again. */
  async function readerSays(listener: string, changes: Record<string, unknown>): Promise<string> {
    const stop = new AbortController();
    const brokers = listener.includes(':') ? [listener] : secured.cluster.brokers(listener);
    const reporter = silent();
    let reported = '';
    reporter.fail = (error) => {
      reported = (error as Error).message;
      stop.abort();
    };
    const one = createKafka(testConfig(brokers, { topics, ...changes }), reporter);
    made.push(one);
    try {
      await one.reader.run(() => Promise.resolve(), stop.signal);
    } catch (error) {
      reported = (error as Error).message;
    }
    return reported;
  }

  describe('and what each may do', () => {
    const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
    const allow = async (rights: readonly Right[]): Promise<void> => {
      const admin = createClient(testConfig(secured.cluster.brokers()), silent()).admin();
      await admin.connect();
      await admin.createAcls({
        acl: rights.map(([resourceType, resourceName, operation]) => ({
          resourceType,
          resourceName,
          operation,
          resourcePatternType: ResourcePatternTypes.PREFIXED,
          principal: 'User:guest',
          host: '*',
          permissionType: AclPermissionTypes.ALLOW,
        })),
      });
      await admin.disconnect();
    };
    const { TOPIC, GROUP } = AclResourceTypes;
    const { READ, WRITE, DESCRIBE } = AclOperationTypes;

    test('refuses a collector that may see the topics and not write', async () => {
      const prefix = 'seen';
      await kafka('PLAINTEXT', { topics: { ...topics, prefix } }).create();
      await allow([[TOPIC, prefix, DESCRIBE]]);
      const { writer } = kafka('LOGIN', { ...guest(), topics: { ...topics, prefix } });
      const refusal = writer.append(rowsOf('1', 1, 1));
      const sentence = expect.stringMatching(/cannot write to seen\.drops\.v1.*ot authorized/);
      await expect(refusal).rejects.toMatchObject({ code: 'DL_KAFKA_ACCESS', message: sentence });
    });

    test('refuses a loader who may not join the group', async () => {
      const prefix = 'groupless';
      await kafka('PLAINTEXT', { topics: { ...topics, prefix } }).create();
      await allow([[TOPIC, prefix, READ]]);
      expect(await readerSays('LOGIN', { ...guest(), topics: { ...topics, prefix } })).toMatch(/may not read as that group/);
    });

    test('lets through a collector that may write and a loader that may read, and neither needs more', async () => {
      const prefix = 'granted';
      const mine = { ...guest(), group: 'granted', topics: { ...topics, prefix } };
      await kafka('PLAINTEXT', { topics: mine.topics }).create();
      const read = ['drops', 'status', 'hosts'].map((role) => [TOPIC, `${prefix}.${role}`, READ] as const);
      await allow([[TOPIC, prefix, WRITE], ...read, [GROUP, 'granted', READ]]);
      const { writer, reader } = kafka('LOGIN', mine);
      await writer.append(rowsOf('1', 1, 5));
      expect(await collect(reader, 5)).toHaveLength(1);
    });
  });
});

test.each([
  ['a file that is not there', '/nonexistent/ca.pem', /transport\.tls\.ca: ENOENT/],
  ['a file that is no certificate', import.meta.filename, /transport\.tls\.ca: .*holds nothing in PEM form/],
])('a configuration that names %s is refused', (_, ca, sentence) => {
  const config = testConfig(['127.0.0.1:1'], { tls: { ca } });
  const make = (): unknown => createKafka(config, createReporter({ registry: new Registry(), level: 'silent' }));
  expect(make).toThrow(expect.objectContaining({ code: 'DL_CONFIG_INVALID', message: expect.stringMatching(sentence) }));
});
