import { createClient } from '@clickhouse/client';
import type { GrowingLog } from '../growing-log.ts';

export interface Database {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** What the tables say together, in numbers that a test compares. */
export interface Verdict {
  readonly rows: number;
  /** Different lines, told apart by what each line says of itself. */
  readonly lines: number;
  readonly sources: number;
  readonly ports: number;
  readonly ledger: number;
  /** Groups of a rollup that differ from the same aggregate of raw rows. */
  readonly mismatches: number;
  /** Ranges of the ledger that do not begin right behind the one before. */
  readonly holes: number;
  readonly overlaps: number;
}

/** What it must be when every line of `logs` is there exactly once. */
export function exact(logs: readonly GrowingLog[]): Verdict {
  const written = logs.reduce((sum, log) => sum + log.written, 0);
  return {
    rows: written,
    lines: written,
    sources: written,
    ports: written,
    ledger: written,
    mismatches: 0,
    holes: 0,
    overlaps: 0,
  };
}

/** Asks the real tables. */
export async function verdict(database: Database): Promise<Verdict> {
  const [row] = await ask<Record<keyof Verdict, string | number>>(database, question);
  return Object.fromEntries(Object.entries(row ?? {}).map(([key, value]) => [key, Number(value)])) as unknown as Verdict;
}

async function ask<Row>(database: Database, query: string): Promise<Row[]> {
  const client = createClient({ ...database, request_timeout: 60_000 });
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  } finally {
    await client.close();
  }
}

const question = `
SELECT
  (SELECT count() FROM drops) AS rows,
  (SELECT uniqExact(host, src_port, ip_id) FROM drops) AS lines,
  (SELECT sum(packets) FROM sources_1h) AS sources,
  (SELECT sum(packets) FROM ports_1h) AS ports,
  (SELECT sum(rows) FROM ledger) AS ledger,
  (SELECT count() FROM (
    SELECT hour, src, host, sum(raw) AS a, sum(rolled) AS b FROM (
      SELECT toStartOfHour(time) AS hour, src, host, count() AS raw, 0 AS rolled FROM drops GROUP BY hour, src, host
      UNION ALL SELECT hour, src, host, 0, sum(packets) FROM sources_1h GROUP BY hour, src, host)
    GROUP BY hour, src, host HAVING a != b)) +
  (SELECT count() FROM (
    SELECT hour, proto, dst_port, host, sum(raw) AS a, sum(rolled) AS b FROM (
      SELECT toStartOfHour(time) AS hour, proto, dst_port, host, count() AS raw, 0 AS rolled FROM drops GROUP BY hour, proto, dst_port, host
      UNION ALL SELECT hour, proto, dst_port, host, 0, sum(packets) FROM ports_1h GROUP BY hour, proto, dst_port, host)
    GROUP BY hour, proto, dst_port, host HAVING a != b)) AS mismatches,
  countIf(previous != 0 AND first > previous + 1) AS holes,
  countIf(previous != 0 AND first <= previous) AS overlaps
FROM (
  SELECT first, lagInFrame(last) OVER (PARTITION BY stream, epoch ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS previous
  FROM ledger)
`;
