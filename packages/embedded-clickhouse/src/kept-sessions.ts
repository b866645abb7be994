import { ClickHouseError } from './clickhouse-error.ts';
import type { EngineSession } from './engine-session.ts';

/** What a request says of the session it wants to go on with. */
export interface SessionRequest {
  readonly id: string;
  /** Seconds it is kept after its last request. */
  readonly timeout: number;
  /** It must exist already. */
  readonly check: boolean;
}

interface Kept {
  readonly session: EngineSession;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Sessions that clients keep by `session_id`: temporary tables and SET statements last until the timeout. */
export class KeptSessions {
  readonly #kept = new Map<string, Kept>();

  /**
   * The session and what to call when the request is over. Error 373 when a request runs in it, 372 when it should exist
   * and does not; `open` makes a new one.
   */
  async take(
    asked: SessionRequest,
    open: () => Promise<EngineSession>,
  ): Promise<{ session: EngineSession; isNew: boolean; give: () => void }> {
    let kept = this.#kept.get(asked.id);
    if (kept?.busy) throw new ClickHouseError(373, 'SESSION_IS_LOCKED', `Session ${asked.id} is locked by a concurrent client.`);
    if (kept === undefined && asked.check) throw new ClickHouseError(372, 'SESSION_NOT_FOUND', `Session ${asked.id} not found.`);
    const isNew = kept === undefined;
    if (kept === undefined) {
      kept = { session: await open(), busy: false, timer: undefined };
      // Two requests may have opened it at the same time: the second one comes too late.
      if (this.#kept.has(asked.id)) {
        kept.session.close();
        throw new ClickHouseError(373, 'SESSION_IS_LOCKED', `Session ${asked.id} is locked by a concurrent client.`);
      }
      this.#kept.set(asked.id, kept);
    }
    kept.busy = true;
    clearTimeout(kept.timer);
    return { session: kept.session, isNew, give: () => this.#give(asked, kept) };
  }

  /** Closes those that nobody uses; the others when they are given back. */
  close(): void {
    for (const [id, kept] of this.#kept) {
      clearTimeout(kept.timer);
      if (!kept.busy) kept.session.close();
      this.#kept.delete(id);
    }
  }

  #give(asked: SessionRequest, kept: Kept): void {
    kept.busy = false;
    if (this.#kept.get(asked.id) !== kept) {
      kept.session.close();
      return;
    }
    kept.timer = setTimeout(() => {
      this.#kept.delete(asked.id);
      kept.session.close();
    }, asked.timeout * 1000);
    kept.timer.unref();
  }
}
