import type { Connection } from './connection.ts';
import { filterParameters, type Filters } from './filters.ts';
import { shortAddress } from './network.ts';

/** A destination port and how often it was asked for. For ICMP the port is 0. */
export interface WantedPort {
  readonly proto: string;
  readonly port: number;
  readonly packets: number;
}

/** One source in `top sources`. */
export interface TopSource {
  /** Address, IPv4 without its mapping; with `group64` an IPv6 /64. */
  readonly source: string;
  readonly packets: number;
  /** Packets that a reply could explain; they are counted in `packets`, too. */
  readonly strays: number;
  /** ISO 3166 code or ''. */
  readonly country: string;
  /** 0 = not known. */
  readonly asn: number;
  /** Most asked ports first. */
  readonly wants: readonly WantedPort[];
  /** Distinct (protocol, port). */
  readonly ports: number;
  /** Hosts it was seen at. */
  readonly hosts: number;
  /** Milliseconds since 1970, within the window. */
  readonly first: number;
  readonly last: number;
}

/** `top sources` with its totals over all sources, not only those listed. */
export interface TopSources {
  readonly rows: readonly TopSource[];
  readonly packets: number;
  readonly sources: number;
  readonly strays: number;
}

export interface TopOptions extends Filters {
  /** Rows wanted; default 10, at most 10,000. */
  readonly limit?: number | undefined;
}

/** How many ports a row lists. */
const listedPorts = 4;

/** The sources with the most packets. */
export async function topSources(connection: Connection, options: TopOptions): Promise<TopSources> {
  const filters = filterParameters(options);
  const [total] = await connection.rows<TotalsRow>('top-sources', { ...filters, limit: limitOf(options.limit) });
  if (total === undefined || total.top.length === 0) return { rows: [], packets: 0, sources: 0, strays: 0 };
  const details = await connection.rows<DetailsRow>('top-sources-details', {
    ...filters,
    sources: total.top.map(([address]) => address),
    wants: listedPorts,
  });
  return {
    packets: total.packets,
    sources: total.sources,
    strays: total.strays,
    rows: details.map((row) => ({
      source: shortAddress(row.address),
      packets: row.packets,
      strays: row.strays,
      country: row.country,
      asn: row.asn,
      wants: row.wants.map(([proto, port, packets]) => ({ proto, port, packets })),
      ports: row.ports,
      hosts: row.hosts,
      first: row.first,
      last: row.last,
    })),
  };
}

interface TotalsRow {
  readonly packets: number;
  readonly sources: number;
  readonly strays: number;
  readonly top: readonly (readonly [string, number])[];
}

interface DetailsRow {
  readonly address: string;
  readonly packets: number;
  readonly strays: number;
  readonly country: string;
  readonly asn: number;
  readonly wants: readonly (readonly [string, number, number])[];
  readonly ports: number;
  readonly hosts: number;
  readonly first: number;
  readonly last: number;
}

/** A limit within 1 and 10,000; 10 when it is not given. */
export function limitOf(limit: number | undefined): number {
  return Math.min(Math.max(Math.floor(limit ?? 10), 1), 10_000);
}
