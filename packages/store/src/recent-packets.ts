import type { Connection } from './connection.ts';
import { portOfCode } from './port-code.ts';
import type { WantedPort } from './top.ts';

/** A name with its packets; lists of these have the most packets first. */
export interface Share<Name = string> {
  readonly name: Name;
  readonly packets: number;
}

/** From the raw rows of the last hours in which it was seen: 24 at most, fewer when they hold more than 50,000 packets. */
export interface RecentPackets {
  readonly packets: number;
  /** The oldest row looked at, milliseconds since 1970. */
  readonly since: number;
  readonly ports: readonly WantedPort[];
  readonly tcp: number;
  /** TCP with SYN and no other flag. */
  readonly synOnly: number;
  /** tcp_flags as on the wire. */
  readonly flags: readonly Share<number>[];
  readonly windows: readonly Share<number>[];
  readonly ipIds: readonly Share<number>[];
  readonly prefixes: readonly Share[];
  readonly ttlMin: number;
  readonly ttlMax: number;
  /** Distinct destination addresses. */
  readonly destinations: number;
}

/** Active hours of which raw rows are read; bounds the cost for a source that never rests. */
const recentHours = 24;
/** Once so many packets are found, no earlier hour is read. */
const recentPackets = 50_000;

/** Value, packets, and by how much those may be too many. */
type Frequent<Value> = readonly { readonly item: Value; readonly count: number; readonly error: number }[];

interface RecentRow {
  readonly packets: number;
  readonly since: number;
  readonly ports: readonly (readonly [code: number, packets: number])[];
  readonly tcp: number;
  readonly syn_only: number;
  readonly ttl_min: number;
  readonly ttl_max: number;
  readonly destinations: number;
  readonly flags: Frequent<number>;
  readonly windows: Frequent<number>;
  readonly ip_ids: Frequent<number>;
  readonly prefixes: Frequent<string>;
}

/** Reads what recent packets look like; `parameters`: since, until, src_from, src_to, limit. */
export async function readRecent(connection: Connection, parameters: Record<string, unknown>): Promise<RecentPackets | null> {
  const [row] = await connection.rows<RecentRow>('source-recent', { ...parameters, hours: recentHours, enough: recentPackets });
  if (row === undefined || row.packets === 0) return null;
  return {
    packets: row.packets,
    since: row.since,
    ports: row.ports.map(([code, packets]) => ({ ...portOfCode(code), packets })),
    tcp: row.tcp,
    synOnly: row.syn_only,
    flags: frequent(row.flags),
    windows: frequent(row.windows),
    ipIds: frequent(row.ip_ids),
    prefixes: frequent(row.prefixes),
    ttlMin: row.ttl_min,
    ttlMax: row.ttl_max,
    destinations: row.destinations,
  };
}

function frequent<Value>(values: Frequent<Value>): Share<Value>[] {
  return values.map(({ item, count }) => ({ name: item, packets: count }));
}
