import { setTimeout as passing } from 'node:timers/promises';
import { growUntil, newRound, type Fault } from './fault.ts';
import type { Fleet } from './fleet.ts';

/** What an operator does to a group while its loaders are away. */
function groupChanged(name: string, change: (fleet: Fleet, topic: string) => Promise<void>): Fault {
  return {
    name,
    async run(fleet, random) {
      fleet.grow(random, 200);
      await Promise.all(fleet.loaders.map((loader) => loader.end('SIGTERM')));
      fleet.grow(random, 200);
      await change(fleet, `${fleet.kafka.topics.prefix}.drops.v1`);
      for (const loader of fleet.loaders) loader.start();
      await Promise.all(fleet.loaders.map((loader) => loader.says('"msg":"started"')));
      const seen = (): Promise<number> => fleet.metric(fleet.loaders, 'droplens_loader_cut_rows_total');
      const until = Date.now() + 60_000;
      while ((await seen()) === 0 && Date.now() < until) await passing(100);
      return { kills: 0, inFlight: (await seen()) > 0 ? 1 : 0 };
    },
  };
}

const offsetsReset = groupChanged('offsets reset to zero', async (fleet, topic) => {
  await fleet.client(async (client) => {
    const admin = client.admin();
    await admin.connect();
    await admin.resetOffsets({ groupId: fleet.kafka.group, topic, earliest: true });
    await admin.disconnect();
  });
});

const groupDeleted = groupChanged('group deleted', async (fleet) => {
  await fleet.client(async (client) => {
    const admin = client.admin();
    await admin.connect();
    const until = Date.now() + 60_000;
    for (;;) {
      try {
        await admin.deleteGroups([fleet.kafka.group]);
        break;
      } catch (error) {
        // a loader that has just left may still count as a member
        if (Date.now() > until) throw error;
        await passing(200);
      }
    }
    await admin.disconnect();
  });
});

/** Deleted and made again while everybody runs; what was in it is loaded, so nothing is lost with it. */
const topicRecreated: Fault = {
  name: 'topic deleted and made again',
  async run(fleet, random) {
    await fleet.settled();
    const name = `${fleet.kafka.topics.prefix}.drops.v1`;
    await fleet.client(async (client) => {
      const admin = client.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [name] });
      const until = Date.now() + 60_000;
      for (;;) {
        try {
          await fleet.createTopics();
          break;
        } catch (error) {
          if (Date.now() > until) throw error;
        }
        await passing(100);
      }
      await admin.disconnect();
    });
    fleet.grow(random, 400);
    return { kills: 0, inFlight: 1 };
  },
};

const partitionsAdded: Fault = {
  name: 'partitions added under load',
  async run(fleet, random) {
    fleet.grow(random, 300);
    await fleet.client(async (client) => {
      const admin = client.admin();
      await admin.connect();
      const topic = `${fleet.kafka.topics.prefix}.drops.v1`;
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const count = (topics[0]?.partitions.length ?? 0) + 2;
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      await admin.disconnect();
    });
    await growUntil(fleet, random, newRound(50));
    return { kills: 0, inFlight: 1 };
  },
};

/** What people do to topics and groups. */
export const operatorFaults: readonly Fault[] = [offsetsReset, groupDeleted, topicRecreated, partitionsAdded];
