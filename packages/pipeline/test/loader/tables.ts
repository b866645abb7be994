import { createClient } from '@clickhouse/client';
import type { Engine } from '@droplens/embedded-clickhouse';

/** What the tables of one database say together. */
export interface Tables {
  /** Rows of `drops`. */
  rows: number;
  /** Different rows, told apart by `extra`. */
  unique: number;
  /** Sum of the ledger's `rows`, and how many ranges it has. */
  ledgerRows: number;
  ranges: number;
  /** Packets in the rollups. */
  sources: number;
  ports: number;
  /** Groups whose rollup differs from the same aggregation over raw rows. */
  mismatches: number;
  undercounts: number;
  statuses: number;
}

const question = `
SELECT
  (SELECT count() FROM drops) AS rows,
  (SELECT uniqExact(extra) FROM drops) AS unique,
  (SELECT sum(rows) FROM ledger) AS ledgerRows,
  (SELECT count() FROM ledger) AS ranges,
  (SELECT sum(packets) FROM sources_1h) AS sources,
  (SELECT sum(packets) FROM ports_1h) AS ports,
  (SELECT count() FROM (
    SELECT hour, src, sum(raw) AS a, sum(rolled) AS b FROM (
      SELECT toStartOfHour(time) AS hour, src, count() AS raw, 0 AS rolled FROM drops GROUP BY hour, src
      UNION ALL SELECT hour, src, 0, sum(packets) FROM sources_1h GROUP BY hour, src)
    GROUP BY hour, src HAVING a != b)) +
  (SELECT count() FROM (
    SELECT hour, proto, dst_port, sum(raw) AS a, sum(rolled) AS b FROM (
      SELECT toStartOfHour(time) AS hour, proto, dst_port, count() AS raw, 0 AS rolled FROM drops GROUP BY hour, proto, dst_port
      UNION ALL SELECT hour, proto, dst_port, 0, sum(packets) FROM ports_1h GROUP BY hour, proto, dst_port)
    GROUP BY hour, proto, dst_port HAVING a != b)) AS mismatches,
  (SELECT count() FROM undercount FINAL) AS undercounts,
  (SELECT count() FROM status FINAL) AS statuses
`;

/** Asks the real database. */
export async function tables(engine: Engine, database: string): Promise<Tables> {
  const [row] = await ask<Record<keyof Tables, string | number>>(engine, database, question);
  return Object.fromEntries(Object.entries(row ?? {}).map(([key, value]) => [key, Number(value)])) as unknown as Tables;
}

/** Rows of any query. */
export async function ask<Row>(engine: Engine, database: string, query: string): Promise<Row[]> {
  const client = createClient({ url: engine.url, ...engine.writer, database });
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  } finally {
    await client.close();
  }
}
