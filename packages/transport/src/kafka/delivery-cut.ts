import type { KafkaMessage } from 'kafkajs';
import { batchLimits } from '../transport.ts';

/** Bytes and rows a message counts for: rows from its header when that can be believed, the most there can be otherwise. */
function rowsOf({ headers, value }: KafkaMessage): number {
  const rows = Number(headers?.['n']?.toString());
  return Number.isInteger(rows) && rows >= 0 ? rows : (value?.length ?? 0);
}

/** Cuts messages into pieces that are a batch each; a message that is too large for one is a piece of its own. */
export function* piecesOf(messages: readonly KafkaMessage[]): Generator<readonly KafkaMessage[]> {
  let from = 0;
  let rows = 0;
  let bytes = 0;
  for (const [i, message] of messages.entries()) {
    rows += rowsOf(message);
    bytes += message.value?.length ?? 0;
    if (i === from || (rows <= batchLimits.rows && bytes <= batchLimits.bytes)) continue;
    yield messages.slice(from, i);
    from = i;
    rows = rowsOf(message);
    bytes = message.value?.length ?? 0;
  }
  if (from < messages.length) yield messages.slice(from);
}
