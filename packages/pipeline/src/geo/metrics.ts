import { Counter, Gauge, type Registry } from 'prom-client';

/** Which of the two databases. */
export type GeoDatabaseName = 'country' | 'asn';

export interface GeoMetrics {
  readonly built: Gauge<'database'>;
  readonly loads: Counter<'database' | 'result'>;
}

export function createGeoMetrics(registry: Registry): GeoMetrics {
  const registers = [registry];
  return {
    built: new Gauge({
      name: 'droplens_geo_database_build_timestamp_seconds',
      help: 'When the database in use was built by its publisher, seconds since 1970; absent when there is none. time() minus this is its age.',
      labelNames: ['database'],
      registers,
    }),
    loads: new Counter({
      name: 'droplens_geo_database_loads_total',
      help: 'Times a database file was read because it was new or had changed, by result: used, refused (the one before stays in use).',
      labelNames: ['database', 'result'],
      registers,
    }),
  };
}
