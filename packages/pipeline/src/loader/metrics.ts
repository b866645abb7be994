import type { TransportReader } from '@droplens/transport';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { deadReasons, type DeadReason } from './batch-rows.ts';

export interface LoaderMetrics {
  readonly batches: Counter;
  readonly rows: Counter;
  readonly cut: Counter;
  readonly dead: Counter<'reason'>;
  readonly retries: Counter;
  readonly seconds: Histogram;
  readonly lag: Gauge;
}

export function createLoaderMetrics(registry: Registry, reader: TransportReader): LoaderMetrics {
  const registers = [registry];
  const dead = new Counter<'reason'>({
    name: 'droplens_loader_dead_rows_total',
    help: `Rows that cannot be loaded and are put aside, by reason: ${deadReasons.join(', ')}.`,
    labelNames: ['reason'],
    registers,
  });
  for (const reason of deadReasons satisfies readonly DeadReason[]) dead.inc({ reason }, 0);
  return {
    dead,
    batches: new Counter({ name: 'droplens_loader_batches_total', help: 'Batches loaded.', registers }),
    rows: new Counter({ name: 'droplens_loader_rows_total', help: 'Rows loaded.', registers }),
    cut: new Counter({
      name: 'droplens_loader_cut_rows_total',
      help: 'Rows left out because they were loaded already: sent again after a crash, or imported again.',
      registers,
    }),
    retries: new Counter({ name: 'droplens_loader_retries_total', help: 'Requests to the database tried again.', registers }),
    seconds: new Histogram({
      name: 'droplens_loader_batch_seconds',
      help: 'Time to load a batch, with its retries.',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
      registers,
    }),
    lag: new Gauge({
      name: 'droplens_loader_lag_seconds',
      help: 'Age of the oldest batch that waits to be loaded; 0 when nothing waits.',
      registers,
      collect() {
        const { oldest } = reader.backlog();
        this.set(oldest === null ? 0 : Math.max(0, (Date.now() - oldest) / 1000));
      },
    }),
  };
}
