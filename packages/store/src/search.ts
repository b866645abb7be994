import type { Connection } from './connection.ts';
import { filterParameters, type Action, type Direction, type Filters } from './filters.ts';
import { shortAddress } from './network.ts';

/** One packet as stored, in the vocabulary of all of droplens. */
export interface StoredPacket {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly loaded_at: number;
  readonly host: string;
  readonly prefix: string;
  readonly action: Action;
  readonly direction: Direction;
  readonly in_iface: string;
  readonly out_iface: string;
  readonly src: string;
  readonly dst: string;
  readonly proto: string;
  readonly src_port: number;
  readonly dst_port: number;
  readonly length: number;
  readonly ttl: number;
  readonly ip_id: number;
  readonly tcp_flags: number;
  readonly window: number;
  readonly icmp_type: number;
  readonly icmp_code: number;
  readonly country: string;
  readonly asn: number;
  /** A reply could explain it. */
  readonly stray: boolean;
  /** The rest of the line in the kernel's words. */
  readonly extra: string;
}

export interface SearchOptions extends Filters {
  /** Packets wanted; default 100. */
  readonly limit?: number | undefined;
}

/** Packets that fit, newest first, one after the other; leaving the loop ends the query. */
export async function* searchPackets(connection: Connection, options: SearchOptions): AsyncGenerator<StoredPacket> {
  const limit = Math.max(Math.floor(options.limit ?? 100), 1);
  const parameters = filterParameters(options);
  const since = await newestSince(connection, parameters, limit);
  const rows = connection.stream<SearchRow>('search', { ...parameters, since, limit });
  for await (const { loaded_ms, time_ms, src_text, dst_text, ...same } of rows) {
    yield { time: time_ms, loaded_at: loaded_ms, ...same, src: shortAddress(src_text), dst: shortAddress(dst_text) };
  }
}

/** A time since which the newest `limit` packets came: looked for in the last hour, then in the last 32 …, so few hours are read. */
async function newestSince(
  connection: Connection,
  parameters: ReturnType<typeof filterParameters>,
  limit: number,
): Promise<number> {
  const newest = Math.min(parameters.until, Date.now());
  for (let span = 3_600_000; ; span *= 32) {
    const since = Math.max(newest - span, parameters.since);
    const [row] = await connection.rows<{ found: number; oldest: number }>('search-newest', { ...parameters, since, limit });
    if (row !== undefined && row.found >= limit) return row.oldest;
    if (since === parameters.since) return since;
  }
}

type SearchRow = Omit<StoredPacket, 'time' | 'loaded_at' | 'src' | 'dst'> & {
  readonly loaded_ms: number;
  readonly time_ms: number;
  readonly src_text: string;
  readonly dst_text: string;
};
