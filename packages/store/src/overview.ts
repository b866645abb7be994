import type { Connection } from './connection.ts';
import { filterParameters } from './filters.ts';
import { readHours } from './reading.ts';

/** What came since a moment. */
export interface Overview {
  readonly packets: number;
  /** Packets that count as denied, whatever their direction. */
  readonly denied: number;
  /** Distinct sources; exact up to 65,536. */
  readonly sources: number;
  readonly hosts: readonly HostOverview[];
  /** Lines or packets known to be missing, and events that do not say how many. */
  readonly undercount: { readonly missing: number; readonly unknown: number };
}

export interface HostOverview {
  readonly host: string;
  readonly packets: number;
  readonly denied: number;
  /** Event time of its last packet, milliseconds since 1970. */
  readonly last: number;
}

/** What was never logged, for one cause. */
export interface UndercountByCause {
  readonly cause: string;
  /** How often it happened. */
  readonly events: number;
  /** Lines or packets known to be missing. */
  readonly missing: number;
  /** Events that do not say how many are missing. */
  readonly unknown: number;
  readonly first: number;
  readonly last: number;
}

/** How a stream does, over all its epochs. */
export interface StreamStatus {
  /** UInt64 as decimal text. */
  readonly stream: string;
  readonly host: string;
  /** A path, `kmsg`, `journald`, `stdin`. */
  readonly source: string;
  readonly epochs: number;
  readonly lines: number;
  readonly records: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** When it was last heard of, milliseconds since 1970. */
  readonly time: number;
  /** Position in the last epoch. */
  readonly position: number;
}

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  /** On disk, compressed. */
  readonly bytes: number;
  readonly parts: number;
}

/** Numbers for the live line: packets, sources and hosts since `since` (milliseconds since 1970), by event time. */
export async function overview(connection: Connection, since: number): Promise<Overview> {
  const filters = filterParameters({ since, directions: [], actions: [] });
  const { parameters } = await readHours(connection, filters);
  const [rows, causes] = await Promise.all([
    connection.rows<HostOverview & { all_sources: number }>('overview', { ...filters, ...parameters }),
    undercount(connection, { since: filters.since }),
  ]);
  return {
    packets: rows.reduce((sum, row) => sum + row.packets, 0),
    denied: rows.reduce((sum, row) => sum + row.denied, 0),
    sources: rows[0]?.all_sources ?? 0,
    hosts: rows.map(({ host, packets, denied, last }) => ({ host, packets, denied, last })),
    undercount: {
      missing: causes.reduce((sum, cause) => sum + cause.missing, 0),
      unknown: causes.reduce((sum, cause) => sum + cause.unknown, 0),
    },
  };
}

/** What was never logged in a window of event time, by cause. */
export async function undercount(
  connection: Connection,
  options: { since?: number | undefined; until?: number | undefined; hosts?: readonly string[] | undefined },
): Promise<UndercountByCause[]> {
  return await connection.rows<UndercountByCause>('undercount', {
    since: Math.max(Math.floor(options.since ?? 0), 0),
    until: Math.min(Math.floor(options.until ?? 4_294_965_600_000), 4_294_965_600_000),
    hosts: options.hosts ?? [],
  });
}

/** Every stream's last words. */
export async function statuses(connection: Connection): Promise<StreamStatus[]> {
  const rows = await connection.rows<StatusRow>('statuses');
  return rows.map((row) => ({
    stream: row.id,
    host: row.last_host,
    source: row.last_source,
    epochs: row.epochs,
    lines: row.all_lines,
    records: row.all_records,
    rejected: row.all_rejected,
    time: row.last,
    position: row.last_position,
  }));
}

interface StatusRow {
  readonly id: string;
  readonly last_host: string;
  readonly last_source: string;
  readonly epochs: number;
  readonly all_lines: number;
  readonly all_records: number;
  readonly all_rejected: Readonly<Record<string, number>>;
  readonly last: number;
  readonly last_position: number;
}

/** How much room each table takes. */
export async function tableSizes(connection: Connection): Promise<TableSize[]> {
  return await connection.rows<TableSize>('tables');
}
