import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { DroplensError, type Reporter } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { registerCodecs } from './compression.ts';
import type { KafkaConfig } from './config.ts';
import { stopIdleTimer } from './idle-timer.ts';

/** Waits of a client that nobody asked for are short: whoever calls it tries again in his own way. */
const retry: kafkajs.RetryOptions = { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 };
const connectionTimeoutMs = 5000;
const requestTimeoutMs = 30_000;

/** The kafkajs client of a configuration; no I/O but reading certificate files. DL_CONFIG_INVALID when one cannot be read. */
export function createClient(config: KafkaConfig, reporter: Reporter): kafkajs.Kafka {
  registerCodecs();
  stopIdleTimer();
  const { sasl } = config;
  return new kafkajs.Kafka({
    clientId: config.client_id,
    brokers: config.brokers,
    ...(config.tls === undefined ? {} : { ssl: tlsOptions(config.tls) }),
    ...(sasl === undefined
      ? {}
      : { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password } as kafkajs.SASLOptions }),
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    // Its own words, which call much an error that passes, are for those who look closer; what matters reaches the caller as an error.
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => reporter.debug(entry.log.message, { client: entry.namespace }),
  });
}

function tlsOptions({ ca, cert, key, server_name: servername }: NonNullable<KafkaConfig['tls']>): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca: [pem('ca', ca)] }),
    ...(cert === undefined ? {} : { cert: pem('cert', cert) }),
    ...(key === undefined ? {} : { key: pem('key', key) }),
    ...(servername === undefined ? {} : { servername }),
  };
}

function pem(setting: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new DroplensError('DL_CONFIG_INVALID', `transport.tls.${setting}: ${(error as Error).message}`, { cause: error });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new DroplensError('DL_CONFIG_INVALID', `transport.tls.${setting}: ${path} holds nothing in PEM form`);
}
