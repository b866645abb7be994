import { Counter, Gauge, type Registry } from 'prom-client';

/** The collector's metrics; asked for twice with one registry (a collector and an import in one process) they are the same objects. */
export interface CollectorMetrics {
  readonly lines: Counter<'kind'>;
  readonly records: Counter<'kind'>;
  readonly rejected: Counter<'kind' | 'reason'>;
  readonly bytes: Counter<'kind'>;
  readonly rows: Counter<'kind'>;
  readonly lagBytes: Gauge<'kind'>;
  readonly lastEvent: Gauge<'kind'>;
  readonly undercount: Counter<'cause'>;
  readonly undercountEvents: Counter<'cause'>;
  readonly rotations: Counter;
  readonly openFiles: Gauge;
  readonly unreadable: Gauge<'kind'>;
  readonly retries: Counter<'kind'>;
}

const created = new WeakMap<Registry, CollectorMetrics>();

export function createCollectorMetrics(registry: Registry): CollectorMetrics {
  const known = created.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const labelNames = ['kind'] as const;
  const metrics: CollectorMetrics = {
    lines: new Counter({
      name: 'droplens_collector_lines_total',
      help: 'Log lines read, by kind of source.',
      labelNames,
      registers,
    }),
    records: new Counter({
      name: 'droplens_collector_records_total',
      help: 'Lines that hold a packet record.',
      labelNames,
      registers,
    }),
    rejected: new Counter({
      name: 'droplens_collector_rejected_lines_total',
      help: 'Lines that hold none, by reason of the closed list.',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    bytes: new Counter({
      name: 'droplens_collector_read_bytes_total',
      help: 'Bytes read (decompressed).',
      labelNames,
      registers,
    }),
    rows: new Counter({
      name: 'droplens_collector_rows_total',
      help: 'Rows made durable; a repeated line is several rows, lines read again after a crash count again.',
      labelNames,
      registers,
    }),
    lagBytes: new Gauge({
      name: 'droplens_collector_lag_bytes',
      help: 'Bytes that are in the followed files and not yet durable.',
      labelNames,
      registers,
    }),
    lastEvent: new Gauge({
      name: 'droplens_collector_last_event_timestamp_seconds',
      help: 'Event time of the last row made durable.',
      labelNames,
      registers,
    }),
    undercount: new Counter({
      name: 'droplens_collector_undercounted_lines_total',
      help: 'Lines or packets known never to have reached the log, by cause.',
      labelNames: ['cause'],
      registers,
    }),
    undercountEvents: new Counter({
      name: 'droplens_collector_undercount_events_total',
      help: 'How often something was found missing, also where its number is unknown.',
      labelNames: ['cause'],
      registers,
    }),
    rotations: new Counter({
      name: 'droplens_collector_rotations_total',
      help: 'Followed files that were replaced or truncated.',
      registers,
    }),
    openFiles: new Gauge({ name: 'droplens_collector_open_files', help: 'Log files held open.', registers }),
    unreadable: new Gauge({
      name: 'droplens_collector_unreadable_sources',
      help: 'Sources that cannot be read at the moment.',
      labelNames,
      registers,
    }),
    retries: new Counter({
      name: 'droplens_collector_retries_total',
      help: 'Tries of making rows or the checkpoint durable that failed and were repeated.',
      labelNames,
      registers,
    }),
  };
  created.set(registry, metrics);
  return metrics;
}
