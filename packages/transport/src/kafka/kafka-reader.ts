import { Backoff, dispositionOf, DroplensError, pause, type Reporter } from '@droplens/runtime';
import type kafkajs from 'kafkajs';
import type { Backlog, Delivery, TransportReader } from '../transport.ts';
import type { KafkaConfig } from './config.ts';
import type { DeadLetterWriter } from './dead-letters.ts';
import { GroupSession } from './group-session.ts';
import { kafkaError } from './kafka-error.ts';
import type { KafkaMetrics } from './metrics.ts';
import { PartitionClaims } from './partition-claims.ts';
import { checkTopics, createTopics } from './topic-check.ts';
import type { Topic, TopicRole } from './topics.ts';

/** One fetch: of one partition what makes a good batch after decompression, of all together what memory may hold. */
const fetchBytes = { partition: 4 * 1024 * 1024, all: 8 * 1024 * 1024, enough: 1024 * 1024 } as const;

export interface KafkaReaderOptions {
  readonly client: kafkajs.Kafka;
  readonly config: KafkaConfig;
  readonly topics: Readonly<Record<TopicRole, Topic>>;
  readonly dead: DeadLetterWriter;
  readonly metrics: KafkaMetrics;
  readonly reporter: Reporter;
}

/**
 * Reads what the group's coordinator gives to this process. A session with the group that breaks is followed by another: a kafkajs consumer that has met
 * certain errors stays dead (https://github.com/tulios/kafkajs/issues/1712), so none is used twice.
 */
export class KafkaReader implements TransportReader {
  readonly #options: KafkaReaderOptions;
  #claims: PartitionClaims | undefined;
  #admin: Promise<kafkajs.Admin> | undefined;

  constructor(options: KafkaReaderOptions) {
    this.#options = options;
    options.metrics.waiting.add(() => this.#waiting());
  }

  async run(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { reporter, config } = this.#options;
    const backoff = new Backoff({ initialMs: 200, maxMs: 10_000 });
    try {
      while (!signal.aborted) {
        const began = performance.now();
        try {
          await this.#session(handler, signal);
        } catch (caught) {
          if (signal.aborted) return;
          const error = kafkaError(caught, `read from Kafka (${config.brokers.join(', ')})`);
          if (dispositionOf(error) !== 'retry') throw error;
          reporter.fail(error);
          if (performance.now() - began > 60_000) backoff.reset();
          await pause(backoff.next(), signal);
        }
      }
    } finally {
      await this.#closeAdmin();
    }
  }

  /** Messages that wait in the partitions this process has; their bytes are known to nobody but the broker, and are estimated. */
  backlog(): Backlog {
    const states = [...(this.#claims?.all() ?? [])];
    const files = states.reduce((sum, { next, high }) => sum + Math.max(0, Number(high - next)), 0);
    const times = states.flatMap(({ oldest }) => (oldest === null ? [] : [oldest]));
    return { files, bytes: files * typicalMessageBytes, oldest: times.length === 0 ? null : Math.min(...times) };
  }

  #waiting(): ReadonlyMap<string, number> {
    const waiting = new Map<string, number>();
    for (const { topic, next, high } of this.#claims?.all() ?? []) {
      waiting.set(topic, (waiting.get(topic) ?? 0) + Math.max(0, Number(high - next)));
    }
    return waiting;
  }

  async #session(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { client, config, topics, dead, metrics, reporter } = this.#options;
    const read = [topics.drops, topics.status, topics.hosts];
    if (config.topics.create) await this.#createTopics();
    await checkTopics(client, [...read, topics.dead]);
    const claims = new PartitionClaims({
      admin: () => this.#connectedAdmin(),
      group: config.group,
      roles: new Map(read.map(({ name, role }) => [name, role])),
      metrics,
      reporter,
      generation: this.#claims?.generation ?? 0,
    });
    this.#claims = claims;
    const consumer = client.consumer({
      groupId: config.group,
      sessionTimeout: config.session_timeout_ms,
      heartbeatInterval: Math.floor(config.session_timeout_ms / 10),
      rebalanceTimeout: Math.max(60_000, config.session_timeout_ms),
      maxWaitTimeInMs: config.fetch_wait_ms,
      minBytes: fetchBytes.enough,
      maxBytes: fetchBytes.all,
      maxBytesPerPartition: fetchBytes.partition,
      // new partitions, and a topic made anew, are noticed this soon
      metadataMaxAge: 30_000,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3, restartOnFailure: () => Promise.resolve(false) },
    });
    const session = new GroupSession({ claims, dead, handler, metrics, reporter });
    await session.run(
      consumer,
      read.map(({ name }) => name),
      signal,
    );
  }

  /** A user who may not make topics is no reason to stop when they are there. */
  async #createTopics(): Promise<void> {
    const { client, topics, reporter } = this.#options;
    try {
      const created = await createTopics(client, Object.values(topics));
      if (created.length > 0) reporter.info('topics made', { topics: created });
    } catch (error) {
      if (!(error instanceof DroplensError) || error.code !== 'DL_KAFKA_ACCESS') throw error;
    }
  }

  async #connectedAdmin(): Promise<kafkajs.Admin> {
    this.#admin ??= this.#connect();
    try {
      return await this.#admin;
    } catch (error) {
      this.#admin = undefined;
      throw error;
    }
  }

  async #connect(): Promise<kafkajs.Admin> {
    const admin = this.#options.client.admin();
    await admin.connect();
    return admin;
  }

  async #closeAdmin(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((one) => one.disconnect()).catch(() => undefined);
  }
}

/** A thousand rows, compressed. */
const typicalMessageBytes = 40_000;
