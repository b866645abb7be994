import { DroplensError, type Reporter } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { checkBlock } from '../block-contract.ts';
import { failpoint } from '../failpoint.ts';
import type { Append, AppendOptions, TransportWriter } from '../transport.ts';
import { compressionType } from './compression.ts';
import type { KafkaConfig } from './config.ts';
import { type DropsMessage, messagesOf } from './drops-message.ts';
import { kafkaError } from './kafka-error.ts';
import type { KafkaMetrics } from './metrics.ts';
import { hostMessage, statusMessage } from './status-message.ts';
import { partitionOfStream } from './stream-partition.ts';
import { checkTopics } from './topic-check.ts';
import type { Topic, TopicRole } from './topics.ts';

/** Bytes of messages in one request, before compression: well below what a topic takes, and enough that round trips do not count. */
const requestBytes = 768 * 1024;
/** What a message's key and headers come to, roughly. */
const overheadBytes = 150;

export interface KafkaWriterOptions {
  readonly client: kafkajs.Kafka;
  readonly config: KafkaConfig;
  readonly topics: Readonly<Record<TopicRole, Topic>>;
  readonly metrics: KafkaMetrics;
  readonly reporter: Reporter;
}

/**
 * Appends to the drops topic: acknowledged by all replicas in sync, one request at a time for a stream, so that its messages are in order. A failed append
 * leaves some of its messages in the log; appended again they are there twice, and the loader cuts them.
 */
export class KafkaWriter implements TransportWriter {
  readonly #options: KafkaWriterOptions;
  readonly #running = new Set<Promise<void>>();
  #producer: Promise<kafkajs.Producer> | undefined;
  #closed = false;

  constructor(options: KafkaWriterOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  async append(append: Append, { signal }: AppendOptions = {}): Promise<void> {
    for (const block of append.blocks) checkBlock(block);
    const sending = this.#send(append, signal);
    this.#running.add(sending);
    try {
      await (signal === undefined ? sending : unlessAborted(sending, signal));
    } finally {
      // given up: what is under way ends by itself, and nobody waits for its outcome
      sending.catch(() => undefined).finally(() => this.#running.delete(sending));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await disconnect(producer);
  }

  async #send(append: Append, signal: AbortSignal | undefined): Promise<void> {
    const { topics, config } = this.#options;
    const drops = topics.drops.name;
    let request: DropsMessage[] = [];
    let bytes = 0;
    let to = -1;
    for (const block of append.blocks) {
      const partition = partitionOfStream(block.stream, config.topics.partitions);
      for (const message of messagesOf(block)) {
        if (bytes > 0 && (partition !== to || bytes + message.value.length + overheadBytes > requestBytes)) {
          await this.#request(drops, to, request, signal);
          request = [];
          bytes = 0;
        }
        request.push(message);
        bytes += message.value.length + overheadBytes;
        to = partition;
      }
    }
    if (request.length > 0) await this.#request(drops, to, request, signal);
    const status = statusMessage(append);
    if (status !== null) await this.#request(topics.status.name, 0, [status], signal);
    // one after the other: a host's rows must arrive in order
    if (append.hosts.length > 0) await this.#request(topics.hosts.name, 0, append.hosts.map(hostMessage), signal);
    failpoint('afterAcknowledge');
  }

  async #request(
    topic: string,
    partition: number,
    messages: readonly kafkajs.Message[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted === true) throw gaveUp();
    const { config, metrics } = this.#options;
    const producer = await this.#connected();
    try {
      await producer.send({
        topic,
        acks: -1,
        compression: compressionType(config.compression),
        messages: messages.map((message) => ({ ...message, partition })),
      });
    } catch (error) {
      metrics.failures.inc();
      await this.#forget(producer);
      throw kafkaError(error, `write to ${topic}`);
    }
    failpoint('afterRequest');
    metrics.requests.inc();
    metrics.messages.inc(messages.length);
  }

  async #connected(): Promise<kafkajs.Producer> {
    if (this.#closed) throw new DroplensError('DL_INTERNAL', 'the writer to Kafka was closed and is asked to write');
    const opening = (this.#producer ??= this.#connect());
    try {
      return await opening;
    } catch (error) {
      if (this.#producer === opening) this.#producer = undefined;
      throw error;
    }
  }

  async #connect(): Promise<kafkajs.Producer> {
    const { client, topics } = this.#options;
    const producer = client.producer({
      allowAutoTopicCreation: false,
      // every message names its partition
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition as number,
    });
    try {
      await producer.connect();
      await checkTopics(client, [topics.drops, topics.status, topics.hosts]);
      return producer;
    } catch (error) {
      await disconnect(Promise.resolve(producer));
      throw kafkaError(error, `reach Kafka (${this.#options.config.brokers.join(', ')})`);
    }
  }

  /** A producer that failed is not used again: some of its failures last as long as it does. */
  async #forget(failed: kafkajs.Producer): Promise<void> {
    const opening = this.#producer;
    if (opening === undefined || (await opening.catch(() => undefined)) !== failed) return;
    if (this.#producer === opening) this.#producer = undefined;
    void disconnect(opening);
  }
}

async function disconnect(producer: Promise<kafkajs.Producer>): Promise<void> {
  await producer.then((one) => one.disconnect()).catch(() => undefined);
}

/** Rejects as soon as `signal` aborts. The listener goes with `sending`: one signal lasts as long as its process. */
function unlessAborted(sending: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(gaveUp());
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    sending.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function gaveUp(): DroplensError {
  return new DroplensError('DL_TRANSPORT_UNAVAILABLE', 'Kafka had not acknowledged what was written when writing was ended');
}
