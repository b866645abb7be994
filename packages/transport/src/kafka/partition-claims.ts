import { Backoff, dispositionOf, DroplensError, pause, type Reporter } from '@droplens/runtime';
import type kafkajs from 'kafkajs';
import type { Delivery } from '../transport.ts';
import { claimOf, type Claim, type PartitionFacts } from './claim.ts';
import type { CommittedIntent } from './commit-metadata.ts';
import { kafkaError } from './kafka-error.ts';
import type { KafkaMetrics } from './metrics.ts';
import { partitionKey, progressOf, stateOf, type PartitionState } from './partition-state.ts';
import type { TopicRole } from './topics.ts';

/** What is known of a fetch whose messages are about to be handed over; `firstOffset` is null when none is left. */
type BatchProcess = Omit<kafkajs.ConsumerStartBatchProcessEvent['payload'], 'firstOffset'> & {
  readonly firstOffset: string | null;
};

/** What a group gave to this process, and how to begin with it. */
export interface Taking {
  readonly consumer: kafkajs.Consumer;
  /** Partitions by topic. */
  readonly assignment: Readonly<Record<string, number[]>>;
  /** What was being worked on under the generation before; nothing begins until it has settled. */
  readonly before: Promise<unknown>;
  /** Finds out whether an interrupted batch whose messages are gone was loaded; rejects when it was not. */
  readonly settle: (delivery: Delivery) => Promise<void>;
  /** Told when a claim that nobody waits for cannot be finished. */
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * The partitions this process has, from the moment the group names them. Each is paused until the broker has said what was committed and what is
 * there; interrupted batches come before anything else. Everything here belongs to one generation of the group and is forgotten with it.
 */
export class PartitionClaims {
  readonly #admin: () => Promise<kafkajs.Admin>;
  readonly #group: string;
  readonly #roles: ReadonlyMap<string, TopicRole>;
  readonly #metrics: KafkaMetrics;
  readonly #reporter: Reporter;
  readonly #states = new Map<string, PartitionState>();
  #generation: number;
  #taking: Taking | undefined;

  constructor(options: {
    admin: () => Promise<kafkajs.Admin>;
    group: string;
    roles: ReadonlyMap<string, TopicRole>;
    metrics: KafkaMetrics;
    reporter: Reporter;
    /** The generation of the session before: numbers are never used again in a process. */
    generation: number;
  }) {
    this.#admin = options.admin;
    this.#group = options.group;
    this.#roles = options.roles;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#generation = options.generation;
  }

  /** Grows with everything that may have given our partitions to others meanwhile. */
  get generation(): number {
    return this.#generation;
  }

  /** Undefined while it is not known where to begin. */
  get(topic: string, partition: number): PartitionState | undefined {
    return this.#states.get(partitionKey(topic, partition));
  }

  all(): IterableIterator<PartitionState> {
    return this.#states.values();
  }

  /** Begins with what the group has just given; the partitions are paused before this returns to its caller. */
  async take(taking: Taking): Promise<void> {
    this.drop();
    this.#taking = taking;
    const generation = this.#generation;
    const wanted = Object.entries(taking.assignment).map(([topic, partitions]) => ({ topic, partitions }));
    taking.consumer.pause(wanted);
    await taking.before;
    await this.#claim(taking, generation, wanted);
  }

  /** Forgets everything: it is somebody else's now. */
  drop(): void {
    this.#generation += 1;
    this.#states.clear();
  }

  /** Moves behind a fetch in which nothing is for us (rows of an aborted transaction, its markers): the client does not hand it over, and reads on. */
  passOver(fetch: BatchProcess): void {
    const state = this.get(fetch.topic, fetch.partition);
    if (state === undefined || fetch.batchSize > 0) return;
    const last = BigInt(fetch.lastOffset);
    state.high = BigInt(fetch.highWatermark);
    if (last >= state.next && BigInt(fetch.firstOffset ?? last) >= state.next) state.next = last + 1n;
  }

  /** Asks the broker again where a partition begins and ends: what came is not what was asked for. How far it is read is known here. */
  again(state: PartitionState): void {
    const { topic, partition } = state;
    const taking = this.#taking as Taking;
    this.#states.delete(partitionKey(topic, partition));
    taking.consumer.pause([{ topic, partitions: [partition] }]);
    this.#claim(taking, this.#generation, [{ topic, partitions: [partition] }], progressOf(state)).catch(taking.failed);
  }

  /** The messages are not those that offsets were committed for: begins at the first there is. */
  restart(state: PartitionState): void {
    state.intent = state.anchor = null;
    state.held = [];
    state.next = state.low;
    this.#metrics.claims.inc({ kind: 'recreated' });
    this.#sayRecreated(state);
    this.#taking?.consumer.seek({ topic: state.topic, partition: state.partition, offset: String(state.low) });
    this.#resume();
  }

  /** An interrupted batch has been loaded: the others may follow when it was the last. */
  rebuilt(): void {
    this.#resume();
  }

  /** `left` is how far this process has read, where it has. */
  async #claim(
    taking: Taking,
    generation: number,
    wanted: readonly { topic: string; partitions: number[] }[],
    left: Partial<PartitionFacts> = {},
  ): Promise<void> {
    const { consumer, signal } = taking;
    const facts = await this.#facts(wanted, () => signal.aborted || generation !== this.#generation, signal);
    if (facts === null) return;
    for (const { topic, partitions } of wanted) {
      for (const partition of partitions) {
        const found = facts.get(partitionKey(topic, partition)) as PartitionFacts;
        const known = { ...found, ...left };
        const identity = { role: this.#roles.get(topic) as TopicRole, topic, partition };
        const claim = claimOf(known);
        if (claim.kind === 'gone') await this.#settle(taking, topic, partition, claim.intent);
        if (generation !== this.#generation) return;
        const state = stateOf(identity, claim, known);
        this.#states.set(partitionKey(topic, partition), state);
        this.#tell(state, claim, known);
        consumer.seek({ topic, partition, offset: String(claim.from) });
      }
    }
    this.#resume();
  }

  async #settle({ settle, signal }: Taking, topic: string, partition: number, intent: CommittedIntent): Promise<void> {
    const none = { blocks: [], undercounts: [], statuses: [], hosts: [] };
    await settle({
      ...none,
      origin: `${topic}/${partition}`,
      claim: this.#generation,
      intent: { loadedAt: intent.loadedAt, token: intent.token },
      rebuilt: false,
      saveIntent: () => Promise.resolve(),
      bury: () => Promise.resolve(),
      signal,
    });
  }

  /** What the broker says, however long it takes to say it; null when it is no longer wanted. */
  async #facts(
    wanted: readonly { topic: string; partitions: number[] }[],
    over: () => boolean,
    signal: AbortSignal,
  ): Promise<Map<string, PartitionFacts> | null> {
    const backoff = new Backoff({ initialMs: 100, maxMs: 5000 });
    while (!over()) {
      try {
        const facts = await this.#read(wanted.map(({ topic }) => topic));
        const silent = wanted.find(({ topic, partitions }) => partitions.some((one) => !facts.has(partitionKey(topic, one))));
        if (silent === undefined) return facts;
        // a partition that nobody answers for (rights or leaders are changing) would stay paused for ever
        throw new DroplensError('DL_TRANSPORT_UNAVAILABLE', `the brokers say nothing of some partitions of ${silent.topic}`);
      } catch (caught) {
        const error = kafkaError(caught, `read the committed offsets of ${this.#group}`);
        if (dispositionOf(error) !== 'retry') throw error;
        this.#reporter.fail(error);
        await pause(backoff.next(), signal);
      }
    }
    return null;
  }

  async #read(topics: readonly string[]): Promise<Map<string, PartitionFacts>> {
    const admin = await this.#admin();
    const committed = await admin.fetchOffsets({ groupId: this.#group, topics: [...topics] });
    const facts = new Map<string, PartitionFacts>();
    for (const { topic, partitions } of committed) {
      const bounds = new Map((await admin.fetchTopicOffsets(topic)).map((one) => [one.partition, one]));
      for (const { partition, offset, metadata } of partitions) {
        const bound = bounds.get(partition);
        if (bound === undefined) continue;
        const { low, high } = bound;
        facts.set(partitionKey(topic, partition), { committed: BigInt(offset), metadata, low: BigInt(low), high: BigInt(high) });
      }
    }
    return facts;
  }

  /** Lets partitions be fetched: those with an interrupted batch alone, while there is one. */
  #resume(): void {
    const states = [...this.#states.values()];
    const interrupted = states.filter(({ intent }) => intent !== null);
    for (const { topic, partition } of interrupted.length > 0 ? interrupted : states) {
      this.#taking?.consumer.resume([{ topic, partitions: [partition] }]);
    }
  }

  #tell(state: PartitionState, claim: Claim, { committed, low }: PartitionFacts): void {
    const kind = claim.kind === 'read' && claim.restart !== null ? claim.restart : claim.kind;
    this.#metrics.claims.inc({ kind });
    if (kind === 'recreated') this.#sayRecreated(state);
    if (kind !== 'expired' && kind !== 'gone') return;
    // an interrupted batch that is gone was loaded: otherwise this claim had ended
    const read = claim.kind === 'gone' ? claim.intent.last + 1n : committed;
    if (read >= low) return;
    this.#metrics.expired.inc(Number(low - read));
    const text = `messages of ${state.topic}/${state.partition} from offset ${read} up to ${low} were deleted before a loader had read them`;
    this.#reporter.fail(new DroplensError('DL_ROWS_EXPIRED', text));
  }

  #sayRecreated({ topic, partition, low }: PartitionState): void {
    const text = `${topic}/${partition} is not the one that was read before: reading begins at offset ${low}`;
    this.#reporter.fail(new DroplensError('DL_TOPIC_RECREATED', text));
  }
}
