import { randomUUID } from 'node:crypto';
import type kafkajs from 'kafkajs';
import type { KafkaMessage } from 'kafkajs';
import { kafkaError } from './kafka-error.ts';

/**
 * Calls `each` with every message that a topic holds at this moment and its partition, oldest first within one. kafkajs reads only as a member of a group,
 * so this makes one of its own and removes it; nothing is committed.
 */
export async function readWholeTopic(
  client: kafkajs.Kafka,
  options: { readonly topic: string; readonly group: string; readonly each: (message: KafkaMessage, partition: number) => void },
): Promise<void> {
  const { topic, each } = options;
  const groupId = `${options.group}-${randomUUID()}`;
  const admin = client.admin();
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 200, allowAutoTopicCreation: false });
  try {
    await admin.connect();
    const ends = new Map<number, bigint>();
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(low) < BigInt(high)) ends.set(partition, BigInt(high));
    }
    if (ends.size === 0) return;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      // also after a fetch that is not handed over, because nothing but markers of transactions is in it
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        const end = ends.get(partition);
        if (end !== undefined && BigInt(lastOffset) + 1n >= end) ends.delete(partition);
        if (ends.size === 0) resolve();
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const end = ends.get(batch.partition);
            for (const message of batch.messages) {
              if (end !== undefined && BigInt(message.offset) < end) each(message, batch.partition);
            }
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  } catch (error) {
    throw kafkaError(error, `read ${topic}`);
  } finally {
    await consumer.disconnect().catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}
