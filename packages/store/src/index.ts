export { clickhouseStoreConfig, retentionConfig, type ClickhouseStoreConfig, type RetentionConfig } from './config.ts';
export { databaseErrorNumber } from './database-error.ts';
export type { DeduplicationProof, ProofStep } from './deduplication-proof.ts';
export type { Action, Direction, Filters } from './filters.ts';
export type { Status, Undercount } from './health.ts';
export type { Contacted, HostFacts, HostInsert, HostState } from './hosts.ts';
export { maxInsertBytes, type DropsInsert } from './insert.ts';
export type { LedgerInsert, LedgerRange } from './ledger.ts';
export { createStoreMetrics, type StoreMetrics } from './metrics.ts';
export type { MigrationResult } from './migrations.ts';
export { parseNetwork, shortAddress, type Network } from './network.ts';
export { Store, type StoreOptions } from './store.ts';
export type { HostOverview, Overview, StreamStatus, TableSize, UndercountByCause } from './overview.ts';
export type { RecentPackets, Share } from './recent-packets.ts';
export type { SearchOptions, StoredPacket } from './search.ts';
export type { Neighbour, Neighbourhood, PersistentPort, Series, SourceDossier, SourceOptions } from './source.ts';
export type {
  Top,
  TopCountry,
  TopHost,
  TopOptions,
  TopPort,
  TopPrefix,
  TopRow,
  TopSource,
  TopSourcesOptions,
  WantedPort,
} from './top.ts';
