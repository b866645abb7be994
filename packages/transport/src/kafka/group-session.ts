import { Backoff, dispositionOf, DroplensError, pause, type Reporter } from '@droplens/runtime';
import type kafkajs from 'kafkajs';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { failpoint } from '../failpoint.ts';
import type { Delivery } from '../transport.ts';
import { anchorMetadata, fingerprint, intentMetadata, type CommittedIntent } from './commit-metadata.ts';
import type { DeadLetterWriter } from './dead-letters.ts';
import { piecesOf } from './delivery-cut.ts';
import { isFenced, kafkaError } from './kafka-error.ts';
import { readMessages } from './message-reading.ts';
import type { KafkaMetrics } from './metrics.ts';
import type { PartitionClaims } from './partition-claims.ts';
import type { PartitionState } from './partition-state.ts';
import { Pulse } from './pulse.ts';

/** What a batch is worked on with, from the first message to the last commit; it ends with the generation it began in. */
interface Work {
  readonly payload: EachBatchPayload;
  readonly state: PartitionState;
  readonly generation: number;
}

/** Thrown when the group has moved on under a batch: nothing of it is to be finished here. */
class Superseded extends Error {}

/**
 * Loads the partitions that a consumer group gives to this process, one batch at a time, by the steps of docs/architecture.md: claim, rebuild what was
 * interrupted, then read, fix the intent, let the handler load, commit what follows. One life of a kafkajs consumer: whatever breaks ends it.
 */
export class GroupSession {
  readonly #claims: PartitionClaims;
  readonly #dead: DeadLetterWriter;
  readonly #handler: (delivery: Delivery) => Promise<void>;
  readonly #metrics: KafkaMetrics;
  readonly #reporter: Reporter;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #end: (error?: unknown) => void = () => undefined;
  #current: Promise<unknown> = Promise.resolve();

  constructor(options: {
    claims: PartitionClaims;
    dead: DeadLetterWriter;
    handler: (delivery: Delivery) => Promise<void>;
    metrics: KafkaMetrics;
    reporter: Reporter;
  }) {
    this.#claims = options.claims;
    this.#dead = options.dead;
    this.#handler = options.handler;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#ended = new Promise((resolve, reject) => {
      this.#end = (error) => {
        this.#ending.abort();
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    this.#ended.catch(() => undefined);
  }

  /** Resolves after `signal` aborted and the last handler has settled; rejects with what ended it. */
  async run(consumer: kafkajs.Consumer, topics: readonly string[], signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(consumer, payload.memberAssignment));
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => this.#claims.passOver(payload));
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#end(payload.error));
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      if (!this.#ending.signal.aborted) {
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.#batch(payload) });
      }
      await this.#ended;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ending.abort();
      await this.#current;
      this.#claims.drop();
      await consumer.disconnect().catch(() => undefined);
    }
  }

  /** The group gave us partitions. Nothing is fetched from them until it is known where to begin. */
  #joined(consumer: kafkajs.Consumer, assignment: Readonly<Record<string, number[]>>): void {
    if (this.#ending.signal.aborted) return;
    const before = this.#current;
    const settle = (delivery: Delivery): Promise<void> => this.#handler(delivery);
    const failed = (error: unknown): void => this.#end(error);
    this.#current = this.#claims
      .take({ consumer, assignment, before, settle, failed, signal: this.#ending.signal })
      .catch(failed);
  }

  async #batch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const state = this.#claims.get(topic, partition);
    // fetched before the claim began, or after the end: it comes again
    if (state === undefined || this.#ending.signal.aborted) return;
    const work = this.#take({ payload, state, generation: this.#claims.generation });
    this.#current = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      if (error instanceof Superseded || this.#ending.signal.aborted) return;
      if (isFenced(error)) {
        this.#metrics.fenced.inc();
        throw error; // kafkajs joins again
      }
      this.#end(error);
    }
  }

  async #take(work: Work): Promise<void> {
    const { payload, state } = work;
    const { batch } = payload;
    if (fetchedOffset(batch) !== state.next) return this.#claims.again(state);
    state.high = BigInt(batch.highWatermark);
    failpoint('afterPoll');
    let messages: readonly KafkaMessage[] = batch.messages;
    if (state.anchor !== null) {
      const rest = this.#verify(work, state.anchor, messages);
      if (rest === null) return;
      messages = rest;
    }
    if (state.intent !== null) {
      const rest = await this.#rebuild(work, state.intent, messages);
      if (rest === null) return;
      messages = rest;
    }
    for (const piece of piecesOf(messages)) await this.#load(work, state.next, piece, null);
  }

  /** Looks at the message that was loaded last and returns what follows it. Null: it is not the one it was, so offsets say nothing. */
  #verify(work: Work, anchor: string, messages: readonly KafkaMessage[]): readonly KafkaMessage[] | null {
    const { state } = work;
    const first = messages[0] as KafkaMessage;
    state.anchor = null;
    // retention may have taken it meanwhile
    if (BigInt(first.offset) !== state.next) return messages;
    if (fingerprint([first]) !== anchor) {
      this.#claims.restart(state);
      return null;
    }
    this.#skip(work, first);
    return messages.slice(1);
  }

  /** Collects the interrupted batch; when it is whole, loads it and returns what follows. Null: there is more to come, or it is not what it was. */
  async #rebuild(
    work: Work,
    intent: CommittedIntent,
    messages: readonly KafkaMessage[],
  ): Promise<readonly KafkaMessage[] | null> {
    const { state } = work;
    const behind = messages.findIndex(({ offset }) => BigInt(offset) > intent.last);
    const own = behind < 0 ? messages : messages.slice(0, behind);
    state.held.push(...own);
    const last = messages.at(-1) as KafkaMessage;
    if (BigInt(last.offset) < intent.last) {
      this.#skip(work, last);
      return null;
    }
    const { held, claimed } = state;
    state.held = [];
    state.intent = null;
    if (fingerprint(held) !== intent.sum) {
      this.#claims.restart(state);
      return null;
    }
    await this.#load(work, claimed, held, intent);
    this.#claims.rebuilt();
    return behind < 0 ? [] : messages.slice(behind);
  }

  /** Loads [from..last of `messages`] and commits that it is loaded. */
  async #load(work: Work, from: bigint, messages: readonly KafkaMessage[], interrupted: CommittedIntent | null): Promise<void> {
    const { payload, state } = work;
    const last = messages.at(-1) as KafkaMessage;
    const pulse = new Pulse(() => payload.heartbeat(), this.#ending.signal);
    state.oldest = Number(messages[0]?.timestamp);
    try {
      const origin = `${state.topic}/${state.partition}`;
      const { append, foreign } = readMessages(state.role, messages);
      if (foreign.length > 0) {
        await this.#persist(() => this.#dead.buryMessages(origin, foreign), pulse.signal);
        for (const { reason } of foreign) this.#metrics.foreign.inc({ reason });
        const text = `${foreign.length} messages of ${origin} from offset ${from} on are put aside (${foreign[0]?.reason})`;
        this.#reporter.fail(new DroplensError('DL_MESSAGE_FOREIGN', text));
      }
      let saved = interrupted;
      await this.#persist(
        () =>
          this.#handler({
            ...append,
            origin,
            claim: work.generation,
            intent: saved === null ? null : { loadedAt: saved.loadedAt, token: saved.token },
            rebuilt: true,
            saveIntent: async ({ loadedAt, token }) => {
              const intent = { last: BigInt(last.offset), sum: fingerprint(messages), loadedAt, token: token ?? '' };
              await this.#commit(work, pulse, from, intentMetadata(intent));
              saved = intent;
            },
            bury: (rows) => this.#dead.buryRows(origin, rows),
            signal: pulse.signal,
          }),
        pulse.signal,
      );
      failpoint('beforeCommit');
      const look = state.role === 'drops' ? fingerprint([last]) : null;
      await this.#commit(work, pulse, BigInt(last.offset) + 1n, look === null ? '' : anchorMetadata(look));
      state.loaded = look;
      this.#skip(work, last);
    } catch (error) {
      if (pulse.lost !== null) throw pulse.lost;
      throw error;
    } finally {
      pulse.end();
      state.oldest = null;
    }
  }

  /** Commits under the generation that this batch was read in, or not at all: an old handler must not speak for a new claim. */
  async #commit({ payload, state, generation }: Work, pulse: Pulse, offset: bigint, metadata: string): Promise<void> {
    if (generation !== this.#claims.generation) throw new Superseded();
    const { topic, partition } = state;
    // metadata is sent, though the type does not know it
    const committed = { partition, offset: String(offset), metadata };
    try {
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [committed] }] });
    } catch (error) {
      // Whatever it was, this claim is over: fenced, the group has moved on; otherwise the coordinator is gone, and only a new session finds another.
      const fenced = isFenced(error);
      pulse.lose(fenced ? error : kafkaError(error, `commit offset ${offset} of ${topic}/${partition}`));
      throw new DroplensError('DL_BATCH_TAKEN', `${topic}/${partition} may belong to another loader now`, { cause: error });
    }
  }

  /** Everything up to `message` is done with, as far as reading goes. */
  #skip({ payload, state, generation }: Work, message: KafkaMessage): void {
    if (generation !== this.#claims.generation) throw new Superseded();
    payload.resolveOffset(message.offset);
    const { batch } = payload;
    const isLast = message.offset === batch.messages.at(-1)?.offset;
    state.next = BigInt(isLast ? batch.lastOffset() : message.offset) + 1n;
  }

  /** Does it until it succeeds, or what stands in its way will not pass. */
  async #persist(action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (signal.aborted || dispositionOf(error) !== 'retry') throw error;
        this.#reporter.fail(error);
        await pause(backoff.next(), signal);
        if (signal.aborted) throw error;
      }
    }
  }
}

/** The offset that was asked for; kafkajs keeps it, though its type does not say so. */
function fetchedOffset(batch: kafkajs.Batch): bigint {
  return BigInt((batch as unknown as { fetchedOffset: string | number }).fetchedOffset);
}
