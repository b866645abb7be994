import { parseCommitMetadata, type CommittedIntent } from './commit-metadata.ts';

/** What the broker says of one partition when this process has been given it. */
export interface PartitionFacts {
  /** Committed offset; negative when none is. */
  readonly committed: bigint;
  readonly metadata: string | null;
  /** Offset of the first message there is. */
  readonly low: bigint;
  /** Offset that the next message will get. */
  readonly high: bigint;
}

/** Why reading begins at the first message there is, although something was committed; the ledger cuts what is loaded already. */
export type Restart = 'recreated' | 'expired';

/** Where to read a partition that this process has just been given, and what to look at first. */
export type Claim =
  /** From here on; when `restart` is not null, somebody should know. */
  | { readonly kind: 'read'; readonly from: bigint; readonly restart: Restart | null }
  /** The message at `from` must look like `anchor`; what follows is new. */
  | { readonly kind: 'verify'; readonly from: bigint; readonly anchor: string }
  /** A batch was interrupted: read it again from here, exactly. */
  | { readonly kind: 'rebuild'; readonly from: bigint; readonly intent: CommittedIntent }
  /**
   * A batch was interrupted and its messages are gone: was it loaded? If so, on from the first message there is, not from behind the batch: it may be
   * another topic by now, and what is loaded is cut.
   */
  | { readonly kind: 'gone'; readonly from: bigint; readonly intent: CommittedIntent };

/**
 * Decides from what was committed and what is there. Offsets alone are not trusted: a topic that was deleted and made again counts from 0, so
 * whatever is out of range, or will turn out to look different, means starting over; the ledger knows what is loaded.
 */
export function claimOf({ committed, metadata, low, high }: PartitionFacts): Claim {
  if (committed < 0n) return { kind: 'read', from: low, restart: null };
  const { intent, anchor } = parseCommitMetadata(metadata);
  if (intent !== undefined) {
    if (intent.last >= high) return { kind: 'read', from: low, restart: 'recreated' };
    if (committed < low) return { kind: 'gone', from: low, intent };
    return { kind: 'rebuild', from: committed, intent };
  }
  if (committed > high) return { kind: 'read', from: low, restart: 'recreated' };
  if (committed < low) return { kind: 'read', from: low, restart: 'expired' };
  if (anchor !== undefined && committed > low) return { kind: 'verify', from: committed - 1n, anchor };
  return { kind: 'read', from: committed, restart: null };
}
