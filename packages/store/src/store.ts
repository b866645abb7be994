import type { Reporter } from '@droplens/runtime';
import type { RetentionConfig } from './config.ts';
import { Connection } from './connection.ts';
import { proveDeduplication, type DeduplicationProof } from './deduplication-proof.ts';
import { insertStatuses, insertUndercounts, type Status, type Undercount } from './health.ts';
import { contactedRemotes, hostStates, insertHosts, type Contacted, type HostInsert, type HostState } from './hosts.ts';
import { insertDrops, rowsOf, type DropsInsert } from './insert.ts';
import { coveredRanges, insertLedger, ledgerHasToken, type LedgerInsert, type LedgerRange } from './ledger.ts';
import { createStoreMetrics, type InsertTable, type StoreMetrics } from './metrics.ts';
import { migrate, pendingMigrations, type MigrationResult } from './migrations.ts';
import {
  overview,
  statuses,
  tableSizes,
  undercount,
  type Overview,
  type StreamStatus,
  type TableSize,
  type UndercountByCause,
} from './overview.ts';
import { applyRetention } from './retention.ts';
import { searchPackets, type SearchOptions, type StoredPacket } from './search.ts';
import { sourceDossier, type SourceDossier, type SourceOptions } from './source.ts';
import {
  topCountries,
  topHosts,
  topPorts,
  topPrefixes,
  type Top,
  type TopCountry,
  type TopHost,
  type TopOptions,
  type TopPort,
  type TopPrefix,
} from './top.ts';
import { topSources, type TopSource, type TopSourcesOptions } from './top-sources.ts';

export interface StoreOptions {
  /** `http://host:port` of a ClickHouse server or of the embedded engine. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Default: droplens. */
  readonly database?: string | undefined;
  /** How long an answer is waited for; default 330. */
  readonly timeoutSeconds?: number | undefined;
  readonly reporter: Reporter;
}

/**
 * The database of droplens: a ClickHouse server or the embedded engine, it cannot tell. Does no I/O before its first call.
 * Every failure is a DroplensError whose disposition says what to do; nothing is retried here.
 */
export class Store {
  readonly #options: StoreOptions;
  readonly #connection: Connection;
  readonly #metrics: StoreMetrics;

  constructor(options: StoreOptions) {
    this.#metrics = createStoreMetrics(options.reporter.registry);
    this.#options = options;
    this.#connection = this.#connect();
  }

  /** Resolves when the database answers and accepts the user. */
  async ping(): Promise<void> {
    await this.#connection.ping();
  }

  /** Creates or completes the tables; see `migrate` in migrations.ts. */
  async migrate(): Promise<MigrationResult> {
    return await migrate(this.#connection);
  }

  /** How many migrations are missing; throws as `migrate` does when the database is not a past of this version. */
  async pendingMigrations(): Promise<number> {
    return (await pendingMigrations(this.#connection)).length;
  }

  /** Stores a batch of rows in all tables, once per token. */
  async insertDrops(insert: DropsInsert): Promise<void> {
    await this.#timed('drops', rowsOf(insert), () => insertDrops(this.#connection, insert));
  }

  /** Says of ranges that they are complete; only after `insertDrops` has returned. */
  async insertLedger(insert: LedgerInsert): Promise<void> {
    await this.#timed('ledger', insert.ranges.length, () => insertLedger(this.#connection, insert));
  }

  /** The ledger's own ranges that touch one of these, rows of `exceptToken` left out. */
  async covered(ranges: readonly LedgerRange[], exceptToken = ''): Promise<LedgerRange[]> {
    return await coveredRanges(this.#connection, ranges, exceptToken);
  }

  /** Whether the batch with this token is complete. */
  async hasToken(token: string): Promise<boolean> {
    return await ledgerHasToken(this.#connection, token);
  }

  async insertUndercounts(rows: readonly Undercount[]): Promise<void> {
    await this.#timed('undercount', rows.length, () => insertUndercounts(this.#connection, rows, Date.now()));
  }

  async insertStatuses(rows: readonly Status[]): Promise<void> {
    await this.#timed('status', rows.length, () => insertStatuses(this.#connection, rows, Date.now()));
  }

  /** Stores what hosts know of themselves and whom they contacted. */
  async insertHosts(rows: readonly HostInsert[]): Promise<void> {
    await this.#timed('hosts', rows.length, () => insertHosts(this.#connection, rows, Date.now()));
  }

  /** Makes the tables keep what the configuration says; returns those it changed. */
  async applyRetention(retention: RetentionConfig): Promise<string[]> {
    return await applyRetention(this.#connection, retention);
  }

  async topSources(options: TopSourcesOptions = {}): Promise<Top<TopSource>> {
    return await topSources(this.#connection, options);
  }

  async topPorts(options: TopOptions = {}): Promise<Top<TopPort>> {
    return await topPorts(this.#connection, options);
  }

  async topCountries(options: TopOptions = {}): Promise<Top<TopCountry>> {
    return await topCountries(this.#connection, options);
  }

  async topPrefixes(options: TopOptions = {}): Promise<Top<TopPrefix>> {
    return await topPrefixes(this.#connection, options);
  }

  async topHosts(options: TopOptions = {}): Promise<Top<TopHost>> {
    return await topHosts(this.#connection, options);
  }

  /** Everything about one address or CIDR. */
  async source(target: string, options: SourceOptions = {}): Promise<SourceDossier> {
    return await sourceDossier(this.#connection, target, options);
  }

  /** Packets that fit, newest first; leaving the loop ends the query. */
  search(options: SearchOptions = {}): AsyncGenerator<StoredPacket> {
    return searchPackets(this.#connection, options);
  }

  /** Packets, sources, hosts and undercount since a moment (milliseconds since 1970). */
  async overview(since: number): Promise<Overview> {
    return await overview(this.#connection, since);
  }

  /** What was never logged, by cause. */
  async undercount(
    options: { since?: number | undefined; until?: number | undefined; hosts?: readonly string[] | undefined } = {},
  ): Promise<UndercountByCause[]> {
    return await undercount(this.#connection, options);
  }

  /** How every stream does. */
  async statuses(): Promise<StreamStatus[]> {
    return await statuses(this.#connection);
  }

  /** What each host knows of itself, or knew at a moment (milliseconds since 1970). */
  async hosts(options: { at?: number | undefined } = {}): Promise<HostState[]> {
    // what a clock dated beyond tomorrow is no event time
    return await hostStates(this.#connection, options.at ?? Date.now() + 86_400_000);
  }

  /** Remotes that any host began a connection to, since a moment (milliseconds since 1970). */
  async contacted(options: { since?: number | undefined } = {}): Promise<Contacted[]> {
    return await contactedRemotes(this.#connection, options.since ?? 0);
  }

  /** How large the tables are. */
  async tableSizes(): Promise<TableSize[]> {
    return await tableSizes(this.#connection);
  }

  /** The result of a person's own query in a ClickHouse format, as bytes; it can read and nothing else. DL_QUERY_REFUSED with the server's words. */
  sql(query: string, format: string): AsyncGenerator<Uint8Array> {
    return this.#connection.bytes(query, format);
  }

  /** Whether this database stores a batch once however often it is sent, tried out in scratch tables. */
  async proveDeduplication(): Promise<DeduplicationProof> {
    const second = this.#connect();
    try {
      return await proveDeduplication(this.#connection, second);
    } finally {
      await second.close();
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #connect(): Connection {
    return new Connection({ ...this.#options, database: this.#options.database ?? 'droplens', metrics: this.#metrics });
  }

  async #timed(table: InsertTable, rows: number, insert: () => Promise<void>): Promise<void> {
    const end = this.#metrics.insertSeconds.startTimer({ table });
    await insert();
    end();
    this.#metrics.rows.inc({ table }, rows);
  }
}
