import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Role } from './credentials.ts';

/** How a statement ended. */
export type Outcome = 'ok' | 'error' | 'cancelled';
/** Why a request was refused before it ran. */
export type Refusal = 'authentication' | 'queue_full' | 'forbidden' | 'closing';

/** The engine's metrics; `stop` takes them out of the registry again. */
export class EngineMetrics {
  readonly queries: Counter<'account' | 'outcome'>;
  readonly queryDuration: Histogram<'account'>;
  readonly inserts: Counter<'outcome'>;
  readonly insertDuration: Histogram;
  readonly insertedBytes: Counter;
  readonly refused: Counter<'reason'>;
  readonly waiting: Gauge<'queue'>;
  readonly running: Gauge<'queue'>;
  readonly #registry: Registry;
  readonly #names: string[] = [];

  constructor(registry: Registry | undefined) {
    this.#registry = registry ?? new Registry();
    const common = <Name extends string>(name: string, help: string, labelNames: Name[]) => {
      this.#names.push(name);
      return { name, help, labelNames, registers: [this.#registry] };
    };
    const buckets = [0.001, 0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 100];
    this.queries = new Counter(
      common('droplens_engine_queries_total', 'Statements run, by account and outcome; inserts of rows apart.', [
        'account',
        'outcome',
      ]),
    );
    this.queryDuration = new Histogram({
      ...common('droplens_engine_query_duration_seconds', 'Time a statement took in the engine, without waiting.', ['account']),
      buckets,
    });
    this.inserts = new Counter(common('droplens_engine_inserts_total', 'Inserts of rows, by outcome.', ['outcome']));
    this.insertDuration = new Histogram({
      ...common('droplens_engine_insert_duration_seconds', 'Time an insert of rows took in the engine, without waiting.', []),
      buckets,
    });
    this.insertedBytes = new Counter(common('droplens_engine_inserted_bytes_total', 'Bytes of rows inserted.', []));
    this.refused = new Counter(
      common('droplens_engine_refused_total', 'Requests refused before they ran, by reason.', ['reason']),
    );
    this.waiting = new Gauge(common('droplens_engine_queue_length', 'Statements waiting, by queue.', ['queue']));
    this.running = new Gauge(common('droplens_engine_running', 'Statements running, by queue.', ['queue']));
  }

  /** Counts a statement that gives rows or does something. */
  statement(role: Role, outcome: Outcome, seconds: number): void {
    this.queries.inc({ account: role, outcome });
    this.queryDuration.observe({ account: role }, seconds);
  }

  insert(outcome: Outcome, bytes: number, seconds: number): void {
    this.inserts.inc({ outcome });
    this.insertDuration.observe(seconds);
    if (outcome === 'ok') this.insertedBytes.inc(bytes);
  }

  stop(): void {
    for (const name of this.#names) this.#registry.removeSingleMetric(name);
  }
}
