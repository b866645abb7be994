import { setTimeout as passing } from 'node:timers/promises';
import { DroplensError } from '@droplens/runtime';
import kafkajs from 'kafkajs';
import { kafkaError } from './kafka-error.ts';
import { leastMessageBytes, type Topic } from './topics.ts';

/** How far a topic is from what it should be: `missing`, `wrong` (rows could be lost, or streams have no partition), `differs` (worth a look). */
export type TopicVerdict = 'good' | 'differs' | 'wrong' | 'missing';

/** One thing about a topic that is not as it should be. */
export interface TopicFinding {
  readonly what: string;
  readonly is: string;
  readonly should: string;
  readonly wrong: boolean;
}

export interface TopicState {
  readonly topic: Topic;
  readonly verdict: TopicVerdict;
  /** Null when the topic does not exist. */
  readonly partitions: number | null;
  readonly replication: number | null;
  /** The settings we care about as they are; empty when this user may not see them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly findings: readonly TopicFinding[];
}

/** Looks at topics and says how they differ from what they should be. Rejects with a DroplensError when the brokers do not tell. */
export async function inspectTopics(client: kafkajs.Kafka, topics: readonly Topic[]): Promise<TopicState[]> {
  return await withAdmin(client, 'look at the topics', async (admin) => {
    const { topics: known } = await admin.fetchTopicMetadata();
    const present = topics.filter(({ name }) => known.some((one) => one.name === name));
    for (const topic of topics) if (!present.includes(topic)) await checkMissing(admin, topic);
    const settings = await readSettings(admin, present);
    return topics.map((topic) => {
      const found = known.find(({ name }) => name === topic.name);
      if (found === undefined) {
        return { topic, verdict: 'missing', partitions: null, replication: null, settings: {}, findings: [] };
      }
      const partitions = found.partitions.length;
      const replication = Math.min(...found.partitions.map(({ replicas }) => replicas.length));
      const is = settings.get(topic.name) ?? {};
      const findings = [...countFindings(topic, partitions, replication), ...settingFindings(topic, is)];
      const verdict = findings.some(({ wrong }) => wrong) ? 'wrong' : findings.length > 0 ? 'differs' : 'good';
      return { topic, verdict, partitions, replication, settings: is, findings };
    });
  });
}

/** Rejects with DL_TOPIC_MISSING or DL_TOPIC_MISCONFIGURED when rows could not go through these topics, or would be lost in them. */
export async function checkTopics(client: kafkajs.Kafka, topics: readonly Topic[]): Promise<void> {
  for (const { topic, verdict, findings } of await inspectTopics(client, topics)) {
    if (verdict === 'missing') throw new DroplensError('DL_TOPIC_MISSING', `the topic ${topic.name} does not exist`);
    const finding = findings.find(({ wrong }) => wrong);
    if (finding === undefined) continue;
    const { what, is, should } = finding;
    throw new DroplensError('DL_TOPIC_MISCONFIGURED', `the topic ${topic.name} has ${what} ${is}; it needs ${should}`);
  }
}

/** Makes those of `topics` that do not exist, as they should be; returns their names. Somebody else may make them at the same time. */
export async function createTopics(client: kafkajs.Kafka, topics: readonly Topic[]): Promise<string[]> {
  return await withAdmin(client, 'create the topics', async (admin) => {
    const { topics: present } = await admin.fetchTopicMetadata();
    const missing = topics.filter(({ name }) => !present.some((one) => one.name === name));
    for (const { name, partitions, replication, settings } of missing) {
      await admin.createTopics({
        // kafkajs' own waiting gives up on a topic that the broker it asks has not heard of yet
        waitForLeaders: false,
        topics: [
          {
            topic: name,
            numPartitions: partitions,
            replicationFactor: replication,
            configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
          },
        ],
      });
    }
    if (missing.length > 0) await untilKnown(admin, missing);
    return missing.map(({ name }) => name);
  });
}

/** Waits until the brokers know of topics that were just made; a cluster that takes longer than five seconds is left to who uses them. */
async function untilKnown(admin: kafkajs.Admin, topics: readonly Topic[]): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { topics: found } = await admin.fetchTopicMetadata().catch(() => ({ topics: [] }));
    const led = new Set(found.filter(({ partitions }) => partitions.every(({ leader }) => leader >= 0)).map(({ name }) => name));
    if (topics.every(({ name }) => led.has(name))) return;
    await passing(50);
  }
}

/** Fewer partitions than configured: streams have nowhere to go. More: they stay empty, which does no harm. */
function countFindings(topic: Topic, partitions: number, replication: number): TopicFinding[] {
  const findings: TopicFinding[] = [];
  if (partitions !== topic.partitions) {
    const wrong = partitions < topic.partitions;
    findings.push({ what: 'partitions', is: String(partitions), should: String(topic.partitions), wrong });
  }
  if (replication < topic.replication) {
    findings.push({ what: 'replication', is: String(replication), should: String(topic.replication), wrong: false });
  }
  return findings;
}

function settingFindings(topic: Topic, settings: Readonly<Record<string, string>>): TopicFinding[] {
  return Object.entries(topic.settings).flatMap(([key, should]) => {
    const is = settings[key];
    if (is === undefined || atLeastAsGood(key, is, should)) return [];
    return [{ what: key, is, should, wrong: isWrong(key, is) }];
  });
}

/**
 * Compaction keeps one message of a stream and deletes the others, deletion forgets bans that still hold; with the sender's time a topic that
 * was made anew may pass for the old one; and what is too large for the broker stops the collector.
 */
function isWrong(key: string, is: string): boolean {
  if (key === 'max.message.bytes') return Number(is) < leastMessageBytes;
  return key === 'cleanup.policy' || key === 'message.timestamp.type';
}

/** What topics may be compressed with; `producer` lets in what no loader can read. */
const readable: ReadonlySet<string> = new Set(['lz4', 'gzip', 'uncompressed']);

function atLeastAsGood(key: string, is: string, should: string): boolean {
  if (key === 'cleanup.policy' || key === 'message.timestamp.type') return is === should;
  if (key === 'compression.type') return readable.has(is);
  // for ever, without a limit
  if (is === '-1') return true;
  if (should === '-1') return false;
  return Number(is) >= Number(should);
}

/** A list leaves out what this user may not see; asked for by name, the broker says why. Rejects when the topic may be there. */
async function checkMissing(admin: kafkajs.Admin, { name }: Topic): Promise<void> {
  try {
    await admin.fetchTopicMetadata({ topics: [name] });
  } catch (error) {
    const said = kafkaError(error, `look at the topic ${name}`);
    if (said.code !== 'DL_TOPIC_MISSING') throw said;
  }
}

/** The settings of topics that matter here; a user who may not see them sees none, which is no reason to stop. */
async function readSettings(admin: kafkajs.Admin, topics: readonly Topic[]): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  if (topics.length === 0) return found;
  const resources = topics.map(({ name, settings }) => ({
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name,
    configNames: Object.keys(settings),
  }));
  try {
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { resourceName, configEntries } of described.resources) {
      found.set(resourceName, Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])));
    }
  } catch (error) {
    if (kafkaError(error, '').code !== 'DL_KAFKA_ACCESS') throw error;
  }
  return found;
}

async function withAdmin<T>(client: kafkajs.Kafka, doing: string, action: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = client.admin();
  try {
    await admin.connect();
    return await action(admin);
  } catch (error) {
    throw kafkaError(error, doing);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
