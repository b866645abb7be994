/**
 * What could not be loaded, for a person to look at and to send again once its cause is gone. Both drivers run one conformance suite.
 */

/** One thing that could not be loaded: a row, or (Kafka) a whole message that no row could be read from. */
export interface DeadLetter {
  /** The same thing put aside again has the same. */
  readonly id: string;
  /** When it was put aside, milliseconds since 1970. */
  readonly time: number;
  readonly kind: 'row' | 'message';
  /** A word of a closed list; where more is to be said, `word: more`. */
  readonly reason: string;
  /** The spool's lane, or `topic/partition`. */
  readonly origin: string;
  /** Null for messages, and for rows of which it cannot be read. */
  readonly stream: string | null;
  readonly epoch: string | null;
  readonly position: number | null;
  /** The row without its newline; the message's value. */
  readonly bytes: Uint8Array;
  /** What else a message came with. */
  readonly key: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
}

/** Which letters: all that fit everything that is given. */
export interface DeadFilter {
  readonly ids?: ReadonlySet<string>;
  /** The reason's word. */
  readonly reason?: string;
  readonly origin?: string;
  /** Put aside then or later, milliseconds since 1970. */
  readonly since?: number;
}

export interface DeadList {
  /** The last of those that fit, oldest first: so many as were asked for, and fewer where they are large. */
  readonly letters: readonly DeadLetter[];
  /** How many fit, by the reason's word. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** What a replay did, or would do. */
export interface Replay {
  readonly rows: number;
  readonly messages: number;
  /** What cannot be sent again, and so stays. */
  readonly kept: readonly { readonly id: string; readonly why: string }[];
  /** Asked for and not there. */
  readonly unknown: readonly string[];
}

export interface DeadLetters {
  /** Of what was put aside and not replayed since, the last `most`. */
  list(filter: DeadFilter, most: number): Promise<DeadList>;
  /**
   * Sends letters again, and with a row all others of its position. Rows go as ranges of their own epoch (`replayEpoch`), messages as they came, so the same
   * letter sent again, also after a crash, is stored once. What was sent is no longer listed; what cannot be loaded again is, as a new letter.
   */
  replay(filter: DeadFilter, options?: { readonly dryRun?: boolean }): Promise<Replay>;
}

/** Bytes of letters that are held in memory at once. */
export const letterBytes = 32 * 1024 * 1024;

/** The reason's word: what is counted and asked for. */
export function reasonWord(reason: string): string {
  return reason.split(':', 1)[0] as string;
}

export function fits(
  { ids, reason, origin, since }: DeadFilter,
  letter: Pick<DeadLetter, 'id' | 'reason' | 'origin' | 'time'>,
): boolean {
  return (
    (ids === undefined || ids.has(letter.id)) &&
    (reason === undefined || reason === reasonWord(letter.reason)) &&
    (origin === undefined || origin === letter.origin) &&
    (since === undefined || letter.time >= since)
  );
}
