import type { KafkaMessage } from 'kafkajs';
import type { Claim, PartitionFacts } from './claim.ts';
import { anchorMetadata, intentMetadata, type CommittedIntent } from './commit-metadata.ts';
import type { TopicRole } from './topics.ts';

/** A partition that this process has been given, and how far it is. */
export interface PartitionState {
  readonly role: TopicRole;
  readonly topic: string;
  readonly partition: number;
  /** Where this claim began to read: the committed offset, when a batch was interrupted. */
  readonly claimed: bigint;
  /** Offset of the first message there was when this claim began. */
  readonly low: bigint;
  /** Offset of the next message to read; everything before it is loaded, or waits in `held`. */
  next: bigint;
  /** Offset that the next message of the topic will get, as far as is known. */
  high: bigint;
  /** An interrupted batch that comes first. */
  intent: CommittedIntent | null;
  /** What the message at `next` must look like; it is loaded already. */
  anchor: string | null;
  /** What the message before `next` looked like, when this claim loaded it. */
  loaded: string | null;
  /** Messages of the interrupted batch that were read so far. */
  held: KafkaMessage[];
  /** When the oldest message that is being loaded was written, milliseconds since 1970; null when nothing is. */
  oldest: number | null;
}

/** Names a partition of a topic. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** The state a claim begins with. */
export function stateOf(
  identity: { readonly role: TopicRole; readonly topic: string; readonly partition: number },
  claim: Claim,
  { low, high }: { readonly low: bigint; readonly high: bigint },
): PartitionState {
  const { role, topic, partition } = identity;
  return {
    role,
    topic,
    partition,
    claimed: claim.from,
    low,
    next: claim.from,
    high,
    intent: claim.kind === 'rebuild' ? claim.intent : null,
    anchor: claim.kind === 'verify' ? claim.anchor : null,
    loaded: null,
    held: [],
    oldest: null,
  };
}

/**
 * How far this process is, as it would have committed it: for a claim that is made again when what comes is not what was asked for. The broker's own
 * word does not do then: a client that finds its offset out of range commits -2, without metadata, by itself. With the look of the last message a topic
 * that was made anew is known also when it has grown past `next` meanwhile.
 */
export function progressOf(state: PartitionState): Pick<PartitionFacts, 'committed' | 'metadata'> {
  const { intent, anchor, loaded, claimed, next } = state;
  if (intent !== null) return { committed: claimed, metadata: intentMetadata(intent) };
  if (anchor !== null) return { committed: next + 1n, metadata: anchorMetadata(anchor) };
  return { committed: next, metadata: loaded === null ? '' : anchorMetadata(loaded) };
}
