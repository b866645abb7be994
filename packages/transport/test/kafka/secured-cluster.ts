import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaCluster } from '../../../../test/kafka/kafka-cluster.ts';
import { Authority, type Certificate } from './certificates.ts';

/** A broker with a listener for every way to meet it, and the certificates for them. */
export interface SecuredCluster {
  readonly cluster: KafkaCluster;
  readonly authority: Authority;
  /** A client that the authority knows. */
  readonly client: Certificate;
  /** An authority that nobody trusts. */
  readonly stranger: Authority;
  stop(): Promise<void>;
}

/** Passwords by user; nobody but `loader` may do anything. */
export const passwords = { loader: 'correct-horse', guest: 'battery-staple' } as const;

/**
 * Listeners: PLAINTEXT (may do everything) · TLS · EXPIRED and ELSEWHERE (a bad certificate) · MUTUAL (asks for a client's) · LOGIN (passwords, not
 * encrypted) · SECURE (passwords over TLS).
 */
export async function startSecuredCluster(): Promise<SecuredCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-tls-'));
  const authority = new Authority(join(directory, 'ours'));
  const broker = authority.sign({ name: 'broker' });
  const expired = authority.sign({ name: 'expired', until: '20210101000000Z' });
  const elsewhere = authority.sign({ name: 'elsewhere', names: 'DNS:elsewhere.example' });
  const client = authority.sign({ name: 'web-1' });
  const listeners = { TLS: 'SSL', EXPIRED: 'SSL', ELSEWHERE: 'SSL', MUTUAL: 'SSL', LOGIN: 'SASL_PLAINTEXT', SECURE: 'SASL_SSL' };
  const protocols = Object.entries({ PLAINTEXT: 'PLAINTEXT', CONTROLLER: 'PLAINTEXT', ...listeners });
  const users = Object.entries(passwords);
  const plain = users.map(([user, password]) => `user_${user}="${password}"`).join(' ');
  const logins = ['login', 'secure'].map((listener) => ({
    [`listener.name.${listener}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${plain};`,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scramModule,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scramModule,
  }));
  const cluster = await KafkaCluster.start({
    listeners: Object.keys(listeners),
    scram: users.flatMap(([user, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => `${mechanism}=[name=${user},password=${password}]`),
    ),
    properties: {
      'listener.security.protocol.map': protocols.map((pair) => pair.join(':')).join(','),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': broker.both,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.ca,
      'listener.name.expired.ssl.keystore.location': expired.both,
      'listener.name.elsewhere.ssl.keystore.location': elsewhere.both,
      'listener.name.mutual.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      ...Object.assign({}, ...logins),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:loader;User:CN=web-1',
    },
  });
  return {
    cluster,
    authority,
    client,
    stranger: new Authority(join(directory, 'stranger')),
    stop: async () => {
      await cluster.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
