import type { HostRow, Range, StatusRow, UndercountRow } from '@droplens/transport';

/** What the loader needs of the database; `Store` of `@droplens/store` is it. Every rejection is a DroplensError. */
export interface DropsStore {
  /** Stores rows in all tables, once per token; resolved = complete. `discard` means: refused for what is in it, and no table was touched. */
  insertDrops(insert: {
    readonly rows: Uint8Array;
    readonly format?: 'TabSeparated' | 'Native';
    readonly loadedAt: number;
    readonly token: string;
  }): Promise<void>;
  /** Says that ranges are complete, all of them or none. */
  insertLedger(insert: {
    readonly ranges: readonly Range[];
    readonly loadedAt: number;
    readonly token: string;
    readonly source: string;
  }): Promise<void>;
  /** The ledger's ranges that touch one of these, without those of `exceptToken`. */
  covered(ranges: readonly Range[], exceptToken?: string): Promise<readonly Range[]>;
  /** True when the ledger has ranges of this token. */
  hasToken(token: string): Promise<boolean>;
  /** The same row again is one row. */
  insertUndercounts(rows: readonly UndercountRow[]): Promise<void>;
  /** The same row again is one row. */
  insertStatuses(rows: readonly StatusRow[]): Promise<void>;
  /** The same row again is one row. */
  insertHosts(rows: readonly HostRow[]): Promise<void>;
}
