import { createHash } from 'node:crypto';
import { z } from 'zod';
import { decodeDropsMessage, type ReadMessage } from './drops-message.ts';

/*
 * What lies beside a committed offset C, as JSON of well under Kafka's 4,096 bytes. Two forms:
 *
 *   intent  {"v":1,"last":"<L>","sum":"…","loaded_at":…,"token":"…"}  the batch [C..L] is being loaded: rebuild exactly this one
 *   anchor  {"v":1,"anchor":"…"}                                       everything before C is loaded; the message at C − 1 looks like this
 *
 * `sum` and `anchor` are fingerprints of messages by the lines they hold and the time the broker took them: if it has other messages at these offsets
 * now, the topic was made anew, and offsets say nothing. Without the time (topics have message.timestamp.type=LogAppendTime) a topic that collectors
 * filled again in the same pieces would pass for the old one, and what lies before C would never be read.
 */

/** A batch on its way into the database: what must be the same when it is tried again. */
export interface CommittedIntent {
  /** Offset of its last message. */
  readonly last: bigint;
  /** Fingerprint of its messages. */
  readonly sum: string;
  /** Milliseconds since 1970. */
  readonly loadedAt: number;
  readonly token: string;
}

const offset = z.string().regex(/^\d{1,19}$/);
const schema = z.union([
  z.strictObject({ v: z.literal(1), last: offset, sum: z.string(), loaded_at: z.int(), token: z.string() }),
  z.strictObject({ v: z.literal(1), anchor: z.string() }),
]);

export function intentMetadata({ last, sum, loadedAt, token }: CommittedIntent): string {
  return JSON.stringify({ v: 1, last: String(last), sum, loaded_at: loadedAt, token });
}

export function anchorMetadata(anchor: string): string {
  return JSON.stringify({ v: 1, anchor });
}

/** What was committed; neither for anything that is not ours (an operator's reset leaves the field empty). */
export function parseCommitMetadata(text: string | null): { intent?: CommittedIntent; anchor?: string } {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return {}; // empty, or an operator's own words
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return {};
  if ('anchor' in parsed.data) return { anchor: parsed.data.anchor };
  const { last, sum, loaded_at: loadedAt, token } = parsed.data;
  return { intent: { last: BigInt(last), sum, loadedAt, token } };
}

/** Fingerprint of messages: when the broker took them and the stretches of lines they hold; the bytes of one that holds none. */
export function fingerprint(messages: readonly (ReadMessage & { readonly timestamp: string })[]): string {
  const hash = createHash('sha256');
  for (const message of messages) {
    const block = decodeDropsMessage(message);
    hash.update(`${message.timestamp} `);
    if (typeof block === 'string') hash.update(block).update(message.value ?? '');
    else hash.update(`${block.stream} ${block.epoch} ${block.first} ${block.last}\n`);
  }
  return hash.digest('base64url').slice(0, 22);
}
