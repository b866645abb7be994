import kafkajs, { type KafkaMessage } from 'kafkajs';
import type { DeadLetter } from '../dead-letters.ts';
import { letterId, rowIds } from '../letter-id.ts';
import type { DeadRow } from '../transport.ts';
import { compressionType } from './compression.ts';
import type { KafkaConfig } from './config.ts';
import { kafkaError } from './kafka-error.ts';
import type { ForeignMessage } from './message-reading.ts';

/*
 * A message of the dead topic: one thing that could not be loaded, with its bytes as they came.
 *
 *   key      identifies it: the same thing put aside again (a batch that is tried again) has the same key and counts once
 *   headers  v: 1 · kind: row | message · reason · origin (topic/partition) · time (milliseconds since 1970)
 *            of a row: stream · epoch · position (none when it has no readable one)
 *            of a message: key, when it had one · `m-` and the name of each header it came with
 *   value    the row without its newline; the message's value; null: what was put aside under this key before is replayed
 */

const deadVersion = 1;
/** Letters are sent in requests of so many bytes at most, before compression. */
const requestBytes = 512 * 1024;
/** What a letter's key and headers come to, roughly. */
const overheadBytes = 200;

/** Writes what cannot be loaded to the dead topic, and says there what was replayed. */
export class DeadLetterWriter {
  readonly #client: kafkajs.Kafka;
  readonly #config: KafkaConfig;
  readonly #topic: string;
  #producer: Promise<kafkajs.Producer> | undefined;

  constructor(client: kafkajs.Kafka, config: KafkaConfig, topic: string) {
    this.#client = client;
    this.#config = config;
    this.#topic = topic;
  }

  /** Puts rows aside. Durable when it resolves; the same rows of the same batch again add nothing for whoever reads. */
  async buryRows(origin: string, rows: readonly DeadRow[]): Promise<void> {
    const ids = rowIds(rows);
    const letters = rows.map(({ stream, epoch, position, reason, row }, i) => {
      const value = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
      const place = position === null ? {} : { position: String(position) };
      return { key: ids[i] as string, headers: { ...common('row', reason, origin), stream, epoch, ...place }, value };
    });
    await this.send(this.#topic, letters);
  }

  /** Puts whole messages aside. */
  async buryMessages(origin: string, messages: readonly ForeignMessage[]): Promise<void> {
    const letters = messages.map(({ message, reason }) => {
      const value = message.value ?? Buffer.alloc(0);
      const headers: Record<string, string | Buffer> = common('message', reason, origin);
      if (message.key !== null) headers['key'] = message.key;
      for (const [name, header] of Object.entries(message.headers ?? {})) {
        if (typeof header === 'string' || Buffer.isBuffer(header)) headers[`m-${name}`] = header;
      }
      return { key: letterId('message', [origin, message.offset, value]), headers, value };
    });
    await this.send(this.#topic, letters);
  }

  /** Says that letters were replayed: they are no longer listed, unless they are put aside once more. */
  async forget(ids: readonly string[]): Promise<void> {
    const markers = ids.map((key) => ({ key, headers: { v: String(deadVersion) }, value: null }));
    await this.send(this.#topic, markers);
  }

  /** Sends messages to a topic; durable when it resolves. */
  async send(topic: string, messages: readonly kafkajs.Message[]): Promise<void> {
    let request: kafkajs.Message[] = [];
    let bytes = 0;
    for (const message of messages) {
      request.push(message);
      bytes += (message.value?.length ?? 0) + overheadBytes;
      if (bytes < requestBytes) continue;
      await this.#request(topic, request);
      request = [];
      bytes = 0;
    }
    if (request.length > 0) await this.#request(topic, request);
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((one) => one.disconnect()).catch(() => undefined);
  }

  async #request(topic: string, messages: kafkajs.Message[]): Promise<void> {
    try {
      this.#producer ??= this.#connect();
      const producer = await this.#producer;
      await producer.send({ topic, acks: -1, compression: compressionType(this.#config.compression), messages });
    } catch (error) {
      await this.close();
      throw kafkaError(error, `write to ${topic}`);
    }
  }

  async #connect(): Promise<kafkajs.Producer> {
    const producer = this.#client.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }
}

function common(kind: 'row' | 'message', reason: string, origin: string): Record<string, string> {
  return { v: String(deadVersion), kind, reason: reason.slice(0, 1000), origin, time: String(Date.now()) };
}

/** The last moment a date can name, milliseconds since 1970. */
const latest = 8.64e15;

/** What a message of the dead topic says; `replayed` names a letter that no longer counts. Null when it is none of ours. */
export function readLetter(message: KafkaMessage): DeadLetter | { readonly replayed: string } | null {
  const headers: Record<string, Buffer> = {};
  for (const [name, header] of Object.entries(message.headers ?? {})) {
    if (typeof header === 'string' || Buffer.isBuffer(header)) headers[name] = Buffer.from(header as Buffer);
  }
  const text = (name: string): string | null => headers[name]?.toString() ?? null;
  const id = message.key?.toString();
  const { value } = message;
  if (id === undefined || text('v') !== String(deadVersion)) return null;
  if (value === null) return { replayed: id };
  const kind = text('kind');
  if (kind !== 'row' && kind !== 'message') return null;
  const position = text('position');
  return {
    id,
    time: Math.min(Number(/^\d{1,16}$/.exec(text('time') ?? '')?.[0] ?? 0), latest),
    kind,
    reason: text('reason') ?? '',
    origin: text('origin') ?? '',
    stream: text('stream'),
    epoch: text('epoch'),
    position: position !== null && /^\d{1,16}$/.test(position) ? Number(position) : null,
    bytes: value,
    key: headers['key'] ?? null,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, header]) => (name.startsWith('m-') ? [[name.slice(2), header]] : [])),
    ),
  };
}
