import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Session, type ChdbResult } from 'chdb';
import { toClickHouseError } from './clickhouse-error.ts';

/** What an INSERT reports: rows and bytes written to all tables, views' targets included, as a ClickHouse server counts them. */
export interface Written {
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  /** Seconds. */
  readonly elapsed: number;
}

/** The one function of chDB's addon that tells how many rows were written; the package's own insert() uses it, too. */
type InsertRaw = (connection: unknown, sql: string, data: Uint8Array, countLines: boolean) => Promise<Written>;

const require = createRequire(import.meta.url);
// Not among the package's exports, therefore by path; the dependency is pinned and a test counts the rows.
const loader = require(join(dirname(require.resolve('chdb')), 'dist', 'loader.js')) as {
  loadNative(): { InsertRawAsyncConnection: InsertRaw };
};

/**
 * A session of the engine for one request. A new one costs a few tenths of a millisecond, and nothing a request sets
 * (settings, parameters, database, role, temporary tables) can reach the next one.
 */
export class EngineSession {
  readonly #session: Session;

  constructor(path: string) {
    this.#session = new Session(path);
  }

  /** Runs one statement off the event loop; failures are ClickHouseErrors. */
  async run(sql: string, format = 'TabSeparated'): Promise<ChdbResult> {
    try {
      return await this.#session.queryAsync(sql, { format });
    } catch (error) {
      throw toClickHouseError(error);
    }
  }

  /** Runs an INSERT … SELECT and tells what it wrote. */
  async insert(sql: string): Promise<Written> {
    try {
      const insertRaw = loader.loadNative().InsertRawAsyncConnection;
      return await insertRaw(this.#session.connection, sql, new Uint8Array(0), false);
    } catch (error) {
      throw toClickHouseError(error);
    }
  }

  /** Call it once nothing runs on it. */
  close(): void {
    this.#session.close();
  }
}
