import { createHash } from 'node:crypto';
import kafkajs, { type KafkaMessage } from 'kafkajs';
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
 *            of a message: `m-` and the name of each header it came with
 *   value    the row without its newline; the message's value
 */

export const deadVersion = 1;
/** Letters are sent in requests of so many bytes at most, before compression. */
const requestBytes = 512 * 1024;

/** Writes what cannot be loaded to the dead topic. */
export class DeadLetters {
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
    const seen = new Map<string, number>();
    await this.#send(
      rows.map(({ stream, epoch, position, reason, row }) => {
        const value = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
        const place = position === null ? {} : { position: String(position) };
        const identity = keyOf('row', [stream, epoch, String(position), value]);
        // equal rows of one repeated line are as many rows
        const times = seen.get(identity) ?? 0;
        seen.set(identity, times + 1);
        const headers = { ...common('row', reason, origin), stream, epoch, ...place };
        return { key: times === 0 ? identity : `${identity}-${times}`, headers, value };
      }),
    );
  }

  /** Puts whole messages aside. */
  async buryMessages(origin: string, messages: readonly ForeignMessage[]): Promise<void> {
    await this.#send(
      messages.map(({ message, reason }) => {
        const value = message.value ?? Buffer.alloc(0);
        const headers: Record<string, string | Buffer> = common('message', reason, origin);
        for (const [name, header] of Object.entries(message.headers ?? {})) {
          if (typeof header === 'string' || Buffer.isBuffer(header)) headers[`m-${name}`] = header;
        }
        return { key: keyOf('message', [origin, message.offset, value]), headers, value };
      }),
    );
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((one) => one.disconnect()).catch(() => undefined);
  }

  async #send(letters: readonly kafkajs.Message[]): Promise<void> {
    let request: kafkajs.Message[] = [];
    let bytes = 0;
    for (const letter of letters) {
      request.push(letter);
      bytes += (letter.value as Buffer).length + 200;
      if (bytes < requestBytes) continue;
      await this.#request(request);
      request = [];
      bytes = 0;
    }
    if (request.length > 0) await this.#request(request);
  }

  async #request(messages: kafkajs.Message[]): Promise<void> {
    try {
      this.#producer ??= this.#connect();
      const producer = await this.#producer;
      await producer.send({
        topic: this.#topic,
        acks: -1,
        compression: compressionType(this.#config.compression),
        messages,
      });
    } catch (error) {
      await this.close();
      throw kafkaError(error, `write to ${this.#topic}`);
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

function keyOf(kind: string, parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256').update(kind);
  for (const part of parts) hash.update('\n').update(part);
  return hash.digest('base64url').slice(0, 22);
}

/** What a letter says of itself; null when it is none of ours. */
export function readLetter({
  key,
  value,
  headers = {},
}: KafkaMessage): { id: string; fields: Record<string, string>; value: Buffer } | null {
  if (key === null || value === null) return null;
  const fields: Record<string, string> = {};
  for (const [name, header] of Object.entries(headers)) {
    if (typeof header === 'string' || Buffer.isBuffer(header)) fields[name] = header.toString();
  }
  return fields['v'] === String(deadVersion) ? { id: key.toString(), fields, value } : null;
}
