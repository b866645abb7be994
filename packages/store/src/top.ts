import { DroplensError } from '@droplens/runtime';
import type { Connection } from './connection.ts';
import { filterParameters, type Action, type Filters } from './filters.ts';
import { shortAddress } from './network.ts';

/** A destination port and how often it was asked for. ICMP and other protocols without ports have port 0. */
export interface WantedPort {
  readonly proto: string;
  readonly port: number;
  readonly packets: number;
}

/** What every row of a top list has. Counts are over the window and the filters. */
export interface TopRow {
  readonly packets: number;
  /** Packets that a reply could explain; `packets` counts them, too. */
  readonly strays: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

/** One source in `top sources`. */
export interface TopSource extends TopRow {
  /** Address, IPv4 without its mapping; an IPv6 prefix `…/64` when sources are grouped so. */
  readonly source: string;
  /** ISO 3166 code, '' = not known. */
  readonly country: string;
  /** 0 = not known. */
  readonly asn: number;
  /** The most asked ports first, at most `wants` of them. */
  readonly wants: readonly WantedPort[];
  /** Distinct (protocol, port). */
  readonly ports: number;
  /** Hosts it was seen at. */
  readonly hosts: number;
}

export interface TopPort extends TopRow {
  readonly proto: string;
  readonly port: number;
  /** Distinct sources; exact up to 65,536. */
  readonly sources: number;
  readonly hosts: number;
}

export interface TopCountry extends TopRow {
  /** '' = not known. */
  readonly country: string;
  readonly sources: number;
  readonly hosts: number;
}

export interface TopPrefix extends TopRow {
  readonly prefix: string;
  readonly action: Action;
  readonly sources: number;
  readonly hosts: number;
}

export interface TopHost extends TopRow {
  readonly host: string;
  readonly sources: number;
  /** Distinct (protocol, port). */
  readonly ports: number;
}

/** A top list and what it is the top of. */
export interface Top<Row> {
  readonly rows: readonly Row[];
  /** Over everything that fits the filters, not only the rows listed. */
  readonly packets: number;
  readonly strays: number;
  /** How many sources, ports, countries … there are in all. */
  readonly groups: number;
}

export interface TopOptions extends Filters {
  /** Rows wanted, 1 to 10,000; default 10. */
  readonly limit?: number | undefined;
}

export interface TopSourcesOptions extends TopOptions {
  /** Ports listed for each source; default 4. */
  readonly wants?: number | undefined;
  /** 64: all addresses of an IPv6 /64 are one source; default 128. IPv4 is never grouped. */
  readonly ipv6Bits?: 64 | 128 | undefined;
}

/** From so many packets of the listed sources on, their ports are estimated; below, everything is exact. */
const exactUpTo = 200_000;

/**
 * The sources with the most packets. Where those listed have more than 200,000 packets together, which ports they want most, and how often, is
 * estimated from one in eight packets; all other numbers are exact always.
 */
export async function topSources(connection: Connection, options: TopSourcesOptions): Promise<Top<TopSource>> {
  const bits = options.ipv6Bits ?? 128;
  const parameters = { ...topParameters(options), ipv6_bits: bits, wants: options.wants ?? 4 };
  const [total] = await connection.rows<TotalRow>('top-sources', parameters);
  if (total === undefined || total.top.length === 0) return { rows: [], packets: 0, strays: 0, groups: 0 };
  const listed = total.top.reduce((sum, [, packets]) => sum + packets, 0);
  const details = await connection.rows<DetailRow>(
    listed > exactUpTo ? 'top-sources-heavy' : 'top-sources-details',
    parameters,
    // a parameter would travel in the URL, which 10,000 addresses do not fit
    (sql) => sql.replace('$sources', () => total.top.map(([address]) => literal(address)).join(', ')),
  );
  const byAddress = new Map(details.map((row) => [row.address, row]));
  return {
    packets: total.all_packets,
    strays: total.all_strays,
    groups: total.all_groups,
    rows: total.top.flatMap(([address, packets]) => {
      const row = byAddress.get(address);
      if (row === undefined) return [];
      const { strays, country, asn, hosts, ports, first, last } = row;
      return {
        source: bits === 64 && !address.startsWith('::ffff:') ? `${address}/64` : shortAddress(address),
        packets,
        strays,
        country,
        asn,
        wants: row.wants.map(([proto, port, wanted]) => ({ proto, port, packets: wanted })),
        ports,
        hosts,
        first,
        last,
      };
    }),
  };
}

/** An address that the database printed as a literal for it. */
function literal(address: string): string {
  if (!/^[0-9a-f:.]+$/.test(address)) throw new DroplensError('DL_INTERNAL', `the database printed '${address}' for an address`);
  return `toIPv6('${address}')`;
}

/** The ports with the most packets. */
export async function topPorts(connection: Connection, options: TopOptions): Promise<Top<TopPort>> {
  const rows = await connection.rows<AllRow & Omit<TopPort, 'proto'> & { protocol: string }>('top-ports', topParameters(options));
  return top(rows, ({ protocol, port, sources, hosts }) => ({ proto: protocol, port, sources, hosts }));
}

/** The countries whose addresses sent the most packets. */
export async function topCountries(connection: Connection, options: TopOptions): Promise<Top<TopCountry>> {
  const rows = await connection.rows<AllRow & TopCountry>('top-countries', topParameters(options));
  return top(rows, ({ country, sources, hosts }) => ({ country, sources, hosts }));
}

/** The LOG prefixes with the most packets; all actions unless `actions` says otherwise, so that one sees what a prefix was taken for. */
export async function topPrefixes(connection: Connection, options: TopOptions): Promise<Top<TopPrefix>> {
  const rows = await connection.rows<AllRow & TopPrefix>('top-prefixes', topParameters(options));
  return top(rows, ({ prefix, action, sources, hosts }) => ({ prefix, action, sources, hosts }));
}

/** The hosts with the most packets. */
export async function topHosts(connection: Connection, options: TopOptions): Promise<Top<TopHost>> {
  const rows = await connection.rows<AllRow & TopHost>('top-hosts', topParameters(options));
  return top(rows, ({ host, sources, ports }) => ({ host, sources, ports }));
}

/** Every row carries the totals: one question instead of two. */
interface AllRow extends TopRow {
  readonly all_packets: number;
  readonly all_strays: number;
  readonly all_groups: number;
}

interface TotalRow {
  readonly all_packets: number;
  readonly all_strays: number;
  readonly all_groups: number;
  readonly top: readonly (readonly [string, number])[];
}

interface DetailRow {
  readonly address: string;
  readonly strays: number;
  readonly country: string;
  readonly asn: number;
  readonly hosts: number;
  readonly ports: number;
  readonly wants: readonly (readonly [string, number, number])[];
  readonly first: number;
  readonly last: number;
}

function top<Row extends AllRow, Own>(rows: readonly Row[], own: (row: Row) => Own): Top<Own & TopRow> {
  const [one] = rows;
  return {
    packets: one?.all_packets ?? 0,
    strays: one?.all_strays ?? 0,
    groups: one?.all_groups ?? 0,
    rows: rows.map((row) => ({ ...own(row), packets: row.packets, strays: row.strays, first: row.first, last: row.last })),
  };
}

function topParameters(options: TopOptions): Record<string, unknown> {
  return { ...filterParameters(options), limit: limitOf(options.limit) };
}

/** A limit within 1 and 10,000; 10 when it is not given. */
export function limitOf(limit: number | undefined): number {
  return Math.min(Math.max(Math.floor(limit ?? 10), 1), 10_000);
}
