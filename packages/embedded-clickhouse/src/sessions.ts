import { Session, type ChdbResult } from 'chdb';
import { toClickHouseError } from './clickhouse-error.ts';

/**
 * A session of the engine for one request. A new one costs a few tenths of a millisecond, and nothing a request sets
 * (settings, parameters, database, role, temporary tables) can reach the next one.
 */
export class RequestSession {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Runs one statement off the event loop; failures are ClickHouseErrors. */
  async run(sql: string, format = 'TabSeparated'): Promise<ChdbResult> {
    try {
      return await this.#session.queryAsync(sql, { format });
    } catch (error) {
      throw toClickHouseError(error);
    }
  }

  /** Call it once nothing runs on it. */
  close(): void {
    this.#session.close();
  }
}
