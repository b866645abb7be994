import type { KafkaMessage } from 'kafkajs';
import type { Append, RowBlock } from '../transport.ts';
import { decodeDropsMessage, type ForeignReason } from './drops-message.ts';
import { decodeStatusMessage } from './status-message.ts';
import type { TopicRole } from './topics.ts';

/** A message that holds nothing that can be loaded, and why. */
export interface ForeignMessage {
  readonly message: KafkaMessage;
  readonly reason: ForeignReason;
}

/** What messages of one topic say, and those of them that say nothing to us. */
export function readMessages(
  role: TopicRole,
  messages: readonly KafkaMessage[],
): { append: Append; foreign: readonly ForeignMessage[] } {
  const blocks: RowBlock[] = [];
  const undercounts: Append['undercounts'][number][] = [];
  const statuses: Append['statuses'][number][] = [];
  const foreign: ForeignMessage[] = [];
  for (const message of messages) {
    if (role === 'drops') {
      const block = decodeDropsMessage(message);
      if (typeof block === 'string') foreign.push({ message, reason: block });
      else blocks.push(block);
    } else {
      const report = decodeStatusMessage(message);
      if (typeof report === 'string') {
        foreign.push({ message, reason: report });
        continue;
      }
      undercounts.push(...report.undercounts);
      statuses.push(...report.statuses);
    }
  }
  return { append: { blocks, undercounts, statuses }, foreign };
}
