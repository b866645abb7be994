import type { KafkaMessage } from 'kafkajs';
import type { Append, HostRow, RowBlock, StatusRow, UndercountRow } from '../transport.ts';
import { decodeDropsMessage, type ForeignReason } from './drops-message.ts';
import { decodeHostMessage, decodeStatusMessage } from './status-message.ts';
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
  const undercounts: UndercountRow[] = [];
  const statuses: StatusRow[] = [];
  const hosts: HostRow[] = [];
  const foreign: ForeignMessage[] = [];
  for (const message of messages) {
    const reason = take(message);
    if (reason !== null) foreign.push({ message, reason });
  }
  return { append: { blocks, undercounts, statuses, hosts }, foreign };

  function take(message: KafkaMessage): ForeignReason | null {
    if (role === 'drops') {
      const block = decodeDropsMessage(message);
      if (typeof block === 'string') return block;
      blocks.push(block);
    } else if (role === 'hosts') {
      const host = decodeHostMessage(message);
      if (typeof host === 'string') return host;
      hosts.push(host);
    } else {
      const report = decodeStatusMessage(message);
      if (typeof report === 'string') return report;
      undercounts.push(...report.undercounts);
      statuses.push(...report.statuses);
    }
    return null;
  }
}
