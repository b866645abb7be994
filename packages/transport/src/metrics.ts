import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Why a spool file was moved aside. */
export type QuarantineReason = 'name' | 'damaged' | 'unreadable';

/** The transport's metrics; registering twice in one registry (two spools in one process) gives the same objects. */
export interface TransportMetrics {
  readonly appends: Counter;
  readonly rows: Counter;
  readonly appendSeconds: Histogram;
  readonly waits: Counter;
  readonly quarantined: Counter<'reason'>;
  readonly buried: Counter;
  readonly files: Gauge;
  readonly bytes: Gauge;
}

const created = new WeakMap<Registry, TransportMetrics>();

export function createTransportMetrics(registry: Registry): TransportMetrics {
  const known = created.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const metrics = {
    appends: new Counter({
      name: 'droplens_transport_appends_total',
      help: 'Batches made durable: spool files written.',
      registers,
    }),
    rows: new Counter({ name: 'droplens_transport_rows_total', help: 'Rows made durable.', registers }),
    appendSeconds: new Histogram({
      name: 'droplens_transport_append_seconds',
      help: 'Time until an append was durable, without waiting for room.',
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    waits: new Counter({
      name: 'droplens_transport_full_total',
      help: 'Appends that found the spool at its bound and waited or were refused.',
      registers,
    }),
    quarantined: new Counter({
      name: 'droplens_transport_spool_quarantined_files_total',
      help: 'Spool files moved into quarantine/ by reason: name (no name of a spool file), damaged (torn, or its checksum is wrong), unreadable (no regular file).',
      labelNames: ['reason'],
      registers,
    }),
    buried: new Counter({
      name: 'droplens_transport_dead_rows_total',
      help: 'Rows kept aside in dead/ because they cannot be loaded.',
      registers,
    }),
    files: new Gauge({ name: 'droplens_transport_spool_files', help: 'Spool files waiting for the loader.', registers }),
    bytes: new Gauge({ name: 'droplens_transport_spool_bytes', help: 'Bytes of spool files waiting for the loader.', registers }),
  };
  created.set(registry, metrics);
  return metrics;
}
