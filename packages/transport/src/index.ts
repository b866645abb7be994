export { spoolConfig, transportConfig, type SpoolConfig, type TransportConfig } from './config.ts';
export { reasonWord, type DeadFilter, type DeadLetter, type DeadLetters, type DeadList, type Replay } from './dead-letters.ts';
export { kafkaConfig, type KafkaConfig } from './kafka/config.ts';
export { createKafka, type KafkaTransport } from './kafka/kafka.ts';
export type { TopicFinding, TopicState, TopicVerdict } from './kafka/topic-check.ts';
export type { Topic } from './kafka/topics.ts';
export { failpoint, type FailpointName } from './failpoint.ts';
export { Forwarder } from './forwarder.ts';
export { createTransportMetrics, type TransportMetrics } from './metrics.ts';
export { DirectoryLock, holderOf } from './spool/directory-lock.ts';
export { createSpool, type Spool, type SpoolOptions } from './spool/spool.ts';
export {
  batchLimits,
  factNames,
  mostContacted,
  type Append,
  type AppendOptions,
  type Backlog,
  type ContactedRemote,
  type DeadRow,
  type Delivery,
  type FactName,
  type HostRow,
  type Intent,
  type KnownFacts,
  type ListeningPort,
  type OwnAddress,
  type Range,
  type RowBlock,
  type StatusRow,
  type TransportReader,
  type TransportWriter,
  type UndercountRow,
} from './transport.ts';
