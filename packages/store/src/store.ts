import type { Reporter } from '@droplens/runtime';
import { Connection } from './connection.ts';
import { insertStatuses, insertUndercounts, type Status, type Undercount } from './health.ts';
import { insertDrops, type DropsInsert } from './insert.ts';
import { coveredRanges, insertLedger, ledgerHasToken, type LedgerInsert, type LedgerRange } from './ledger.ts';
import { createStoreMetrics, type InsertTable, type StoreMetrics } from './metrics.ts';
import { migrate, pendingMigrations, type MigrationResult } from './migrations.ts';
import { topSources, type TopOptions, type TopSources } from './top.ts';

export interface StoreOptions {
  /** `http://host:port` of a ClickHouse server or of the embedded engine. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Default: droplens. */
  readonly database?: string | undefined;
  readonly reporter: Reporter;
}

/**
 * The database of droplens: a ClickHouse server or the embedded engine, it cannot tell. Does no I/O before its first call.
 * Every failure is a DroplensError whose disposition says what to do; nothing is retried here.
 */
export class Store {
  readonly #connection: Connection;
  readonly #metrics: StoreMetrics;

  constructor(options: StoreOptions) {
    this.#metrics = createStoreMetrics(options.reporter.registry);
    this.#connection = new Connection({ ...options, database: options.database ?? 'droplens', metrics: this.#metrics });
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
    await this.#timed('drops', countLines(insert.rows), () => insertDrops(this.#connection, insert));
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

  async topSources(options: TopOptions = {}): Promise<TopSources> {
    return await topSources(this.#connection, options);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #timed(table: InsertTable, rows: number, insert: () => Promise<void>): Promise<void> {
    const end = this.#metrics.insertSeconds.startTimer({ table });
    await insert();
    end();
    this.#metrics.rows.inc({ table }, rows);
  }
}

function countLines(text: Uint8Array): number {
  let lines = 0;
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines += 1;
  return lines;
}
