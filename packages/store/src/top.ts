import type { Connection } from './connection.ts';
import { filterParameters, type Action, type Filters } from './filters.ts';
import { portsTell, readHours, readPackets, sourcesTell, type Reach, type Reading } from './reading.ts';

/** A destination port, for ICMP and ICMPv6 the type, and how often it was asked for. Other protocols without ports have port 0. */
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

export interface TopPort extends TopRow {
  readonly proto: string;
  readonly port: number;
  /** Distinct sources; exact up to 65,536, an estimate (2 %) where the reach is not `exact`. */
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
  /** Distinct (protocol, port or ICMP type). */
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
  readonly reach: Reach;
}

export interface TopOptions extends Filters {
  /** Rows wanted, 1 to 10,000; default 10. */
  readonly limit?: number | undefined;
}

/**
 * The ports with the most packets: from packets where all of the window are kept or the filters need them, else from the hourly history,
 * which has `first` and `last` as the beginnings of their hours.
 */
export async function topPorts(connection: Connection, options: TopOptions): Promise<Top<TopPort>> {
  const filters = filterParameters(options);
  const packets = await readPackets(connection, filters);
  const hourly = !packets.complete && portsTell(options);
  const reading = hourly ? await readHours(connection, filters) : packets;
  const rows = await ask<Omit<TopPort, 'proto'> & { protocol: string }>(
    connection,
    hourly ? 'top-ports-hourly' : 'top-ports',
    options,
    reading,
  );
  return top(rows, hourly ? 'hours' : reading.reach, ({ protocol, port, sources, hosts }) => ({
    proto: protocol,
    port,
    sources,
    hosts,
  }));
}

/** The countries whose addresses sent the most packets. */
export async function topCountries(connection: Connection, options: TopOptions): Promise<Top<TopCountry>> {
  const reading = await (sourcesTell(options) ? readHours : readPackets)(connection, filterParameters(options));
  const rows = await ask<TopCountry>(connection, 'top-countries', options, reading);
  return top(rows, reading.reach, ({ country, sources, hosts }) => ({ country, sources, hosts }));
}

/** The LOG prefixes with the most packets; all actions unless `actions` says otherwise, so that one sees what a prefix was taken for. Only packets tell. */
export async function topPrefixes(connection: Connection, options: TopOptions): Promise<Top<TopPrefix>> {
  const reading = await readPackets(connection, filterParameters(options));
  const rows = await ask<TopPrefix>(connection, 'top-prefixes', options, reading);
  return top(rows, reading.reach, ({ prefix, action, sources, hosts }) => ({ prefix, action, sources, hosts }));
}

/** The hosts with the most packets. */
export async function topHosts(connection: Connection, options: TopOptions): Promise<Top<TopHost>> {
  const reading = await (sourcesTell(options) ? readHours : readPackets)(connection, filterParameters(options));
  const rows = await ask<TopHost>(connection, 'top-hosts', options, reading);
  return top(rows, reading.reach, ({ host, sources, ports }) => ({ host, sources, ports }));
}

async function ask<Row>(connection: Connection, name: string, options: TopOptions, reading: Reading): Promise<(Row & AllRow)[]> {
  return await connection.rows<Row & AllRow>(name, {
    ...filterParameters(options),
    ...reading.parameters,
    limit: limitOf(options.limit),
  });
}

/** Every row carries the totals: one question instead of two. */
interface AllRow extends TopRow {
  readonly all_packets: number;
  readonly all_strays: number;
  readonly all_groups: number;
}

function top<Row extends AllRow, Own>(rows: readonly Row[], reach: Reach, own: (row: Row) => Own): Top<Own & TopRow> {
  const [one] = rows;
  return {
    packets: one?.all_packets ?? 0,
    strays: one?.all_strays ?? 0,
    groups: one?.all_groups ?? 0,
    reach,
    rows: rows.map((row) => ({ ...own(row), packets: row.packets, strays: row.strays, first: row.first, last: row.last })),
  };
}

/** The top of nothing. */
export function noRows(reach: Reach): Top<never> {
  return { rows: [], packets: 0, strays: 0, groups: 0, reach };
}

/** A limit within 1 and 10,000; 10 when it is not given. */
export function limitOf(limit: number | undefined): number {
  return Math.min(Math.max(Math.floor(limit ?? 10), 1), 10_000);
}
