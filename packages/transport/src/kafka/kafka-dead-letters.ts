import type kafkajs from 'kafkajs';
import type { KafkaMessage } from 'kafkajs';
import { fits, letterBytes, reasonWord } from '../dead-letters.ts';
import type { DeadFilter, DeadLetter, DeadLetters, DeadList, Replay } from '../dead-letters.ts';
import { failpoint } from '../failpoint.ts';
import { appendOf, chosen, replayUnit, whyRowStays } from '../replay.ts';
import type { TransportWriter } from '../transport.ts';
import type { KafkaConfig } from './config.ts';
import { readLetter, type DeadLetterWriter } from './dead-letters.ts';
import { kafkaError } from './kafka-error.ts';
import type { Topic, TopicRole } from './topics.ts';
import { readWholeTopic } from './whole-topic.ts';

/** A letter without its bytes, and where they are. */
interface Entry extends Pick<DeadLetter, 'id' | 'time' | 'kind' | 'reason' | 'origin' | 'stream' | 'epoch' | 'position'> {
  /** `partition/offset` in the dead topic. */
  readonly place: string;
  readonly bytes: number;
}

/**
 * What the dead topic holds. It is read once for what counts (a few hundred bytes a letter: the same key again is the same letter, a message without value
 * ends it), and once more for the bytes of letters, unless the whole topic is small.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #client: kafkajs.Kafka;
  readonly #config: KafkaConfig;
  readonly #topics: Readonly<Record<TopicRole, Topic>>;
  readonly #letters: DeadLetterWriter;
  readonly #writer: TransportWriter;

  constructor(options: {
    client: kafkajs.Kafka;
    config: KafkaConfig;
    topics: Readonly<Record<TopicRole, Topic>>;
    letters: DeadLetterWriter;
    writer: TransportWriter;
  }) {
    this.#client = options.client;
    this.#config = options.config;
    this.#topics = options.topics;
    this.#letters = options.letters;
    this.#writer = options.writer;
  }

  async list(filter: DeadFilter, most: number): Promise<DeadList> {
    const { entries, held } = await this.#index();
    const fitting = entries.filter((entry) => fits(filter, entry));
    const reasons = new Map<string, number>();
    for (const { reason } of fitting) reasons.set(reasonWord(reason), (reasons.get(reasonWord(reason)) ?? 0) + 1);
    let first = fitting.length;
    for (let bytes = 0; first > 0 && fitting.length - first < most; first--) {
      bytes += fitting[first - 1]?.bytes ?? 0;
      if (bytes > letterBytes) break;
    }
    return { letters: await this.#fetch(fitting.slice(first), held), reasons };
  }

  async replay(filter: DeadFilter, { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<Replay> {
    const { entries, held } = await this.#index();
    const wanted = chosen(entries, filter);
    const unknown = new Set(filter.ids);
    for (const { id } of wanted) unknown.delete(id);
    const partitions = wanted.some(({ kind }) => kind === 'message') ? await this.#partitions() : new Map<string, number>();
    const kept: { id: string; why: string }[] = [];
    const count = { row: 0, message: 0 };
    for (const bunch of bunchesOf(wanted)) {
      const sent: DeadLetter[] = [];
      for (const letter of await this.#fetch(bunch, held)) {
        const why = letter.kind === 'row' ? whyRowStays(letter) : whyMessageStays(letter, partitions);
        if (why !== null) {
          kept.push({ id: letter.id, why });
          continue;
        }
        sent.push(letter);
        count[letter.kind] += 1;
      }
      if (dryRun || sent.length === 0) continue;
      await this.#send(sent);
      failpoint('afterReplay');
      await this.#letters.forget(sent.map(({ id }) => id));
    }
    return { rows: count.row, messages: count.message, kept, unknown: [...unknown] };
  }

  async #send(letters: readonly DeadLetter[]): Promise<void> {
    const rows = letters.filter(({ kind }) => kind === 'row');
    if (rows.length > 0) await this.#writer.append(appendOf(rows));
    const topics = new Map<string, kafkajs.Message[]>();
    for (const letter of letters) {
      if (letter.kind === 'row') continue;
      const { topic, partition } = placeOf(letter.origin);
      const message = { partition, key: bufferOf(letter.key), value: bufferOf(letter.bytes), headers: headersOf(letter) };
      const messages = topics.get(topic);
      if (messages === undefined) topics.set(topic, [message]);
      else messages.push(message);
    }
    for (const [topic, messages] of topics) await this.#letters.send(topic, messages);
  }

  /** All letters that count, oldest first; the messages themselves while they are few. */
  async #index(): Promise<{ entries: Entry[]; held: ReadonlyMap<string, DeadLetter> | null }> {
    const entries = new Map<string, Entry>();
    const held = new Map<string, DeadLetter>();
    let room = letterBytes;
    await this.#read((message, place) => {
      const letter = readLetter(message);
      if (letter === null) return;
      if ('replayed' in letter) {
        entries.delete(letter.replayed);
        return;
      }
      const { id, time, kind, reason, origin, stream, epoch, position } = letter;
      const bytes = letter.bytes.length;
      entries.set(id, { id, time, kind, reason, origin, stream, epoch, position, place, bytes });
      room -= bytes;
      if (room < 0) held.clear();
      else held.set(place, letter);
    });
    return { entries: [...entries.values()], held: room < 0 ? null : held };
  }

  /** The letters of entries, in the order of these. */
  async #fetch(entries: readonly Entry[], held: ReadonlyMap<string, DeadLetter> | null): Promise<DeadLetter[]> {
    const places = new Set(entries.map(({ place }) => place));
    const found = new Map(held ?? []);
    if (held === null && places.size > 0) {
      await this.#read((message, place) => {
        const letter = places.has(place) ? readLetter(message) : null;
        if (letter !== null && 'id' in letter) found.set(place, letter);
      });
    }
    // one that retention has taken meanwhile is gone
    return entries.flatMap(({ place }) => found.get(place) ?? []);
  }

  #read(each: (message: KafkaMessage, place: string) => void): Promise<void> {
    return readWholeTopic(this.#client, {
      topic: this.#topics.dead.name,
      group: `${this.#config.group}-dead`,
      each: (message, partition) => each(message, `${partition}/${message.offset}`),
    });
  }

  /** How many partitions the topics have that messages may be sent back to: those that loaders read, whatever a letter says. */
  async #partitions(): Promise<Map<string, number>> {
    const admin = this.#client.admin();
    try {
      await admin.connect();
      const topics = [this.#topics.drops.name, this.#topics.status.name, this.#topics.hosts.name];
      const metadata = await admin.fetchTopicMetadata({ topics });
      return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
    } catch (error) {
      throw kafkaError(error, `reach Kafka (${this.#config.brokers.join(', ')})`);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** Cut so that each fits into memory, and rows that must be replayed together are in one. */
function* bunchesOf(entries: readonly Entry[]): Generator<Entry[]> {
  const units = new Map<string, Entry[]>();
  for (const entry of entries) {
    const unit = units.get(replayUnit(entry));
    if (unit === undefined) units.set(replayUnit(entry), [entry]);
    else unit.push(entry);
  }
  let bunch: Entry[] = [];
  let bytes = 0;
  for (const unit of units.values()) {
    for (const entry of unit) {
      bunch.push(entry);
      bytes += entry.bytes;
    }
    if (bytes < letterBytes) continue;
    yield bunch;
    bunch = [];
    bytes = 0;
  }
  if (bunch.length > 0) yield bunch;
}

function whyMessageStays({ origin }: DeadLetter, partitions: ReadonlyMap<string, number>): string | null {
  const { topic, partition } = placeOf(origin);
  const count = partitions.get(topic);
  if (count === undefined) return `it came from ${origin}, which no loader reads`;
  return partition >= 0 && partition < count ? null : `${topic} has no partition ${partition} now`;
}

function placeOf(origin: string): { topic: string; partition: number } {
  const slash = origin.lastIndexOf('/');
  const partition = origin.slice(slash + 1);
  return { topic: origin.slice(0, slash), partition: /^\d{1,9}$/.test(partition) ? Number(partition) : -1 };
}

function headersOf({ headers }: DeadLetter): kafkajs.IHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, Buffer.from(header)]));
}

function bufferOf<Bytes extends Uint8Array | null>(bytes: Bytes): Buffer | (Bytes & null) {
  return bytes === null ? (null as Bytes & null) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
