import { Counter, Histogram, type Registry } from 'prom-client';

/** What the store tells of its work; updated once per statement. */
export interface StoreMetrics {
  readonly rows: Counter<'table'>;
  readonly insertSeconds: Histogram<'table'>;
  readonly querySeconds: Histogram<'query'>;
}

/** The tables that inserts go to, as labels. */
export type InsertTable = 'drops' | 'ledger' | 'undercount' | 'status' | 'hosts';

const registered = new WeakMap<Registry, StoreMetrics>();

/** Registers the store's metrics in `registry`, once, however many stores a process has. */
export function createStoreMetrics(registry: Registry): StoreMetrics {
  const known = registered.get(registry);
  if (known !== undefined) return known;
  const metrics: StoreMetrics = {
    rows: new Counter({
      name: 'droplens_store_inserted_rows_total',
      help: 'Rows in inserts that the database has confirmed, a repeated try included.',
      labelNames: ['table'],
      registers: [registry],
    }),
    insertSeconds: new Histogram({
      name: 'droplens_store_insert_duration_seconds',
      help: 'How long inserts took that the database confirmed.',
      labelNames: ['table'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20, 60],
      registers: [registry],
    }),
    querySeconds: new Histogram({
      name: 'droplens_store_query_duration_seconds',
      help: 'How long queries took, by the name of their file in packages/store/sql/queries.',
      labelNames: ['query'],
      buckets: [0.002, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20],
      registers: [registry],
    }),
  };
  registered.set(registry, metrics);
  return metrics;
}
