import type { Connection } from './connection.ts';
import type { Action, Direction } from './filters.ts';
import { addressNumber, enclosing, parseNetwork, shortAddress, type Network } from './network.ts';
import { portOfCode } from './port-code.ts';
import { readRecent, type RecentPackets, type Share } from './recent-packets.ts';

export interface SourceOptions {
  /** Milliseconds since 1970; hours that touch the window count whole. Default: all that is kept. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Ports, neighbours and addresses listed; default 10. */
  readonly limit?: number | undefined;
}

/** What is known of an address or a network. All but `recent` comes from the hourly history, whatever the packet's action and direction. */
export interface SourceDossier {
  /** As a person writes it, IPv4 or IPv6, with `/n` for a network. */
  readonly target: string;
  /** 0: never seen; then the lists are empty and the times 0. */
  readonly packets: number;
  /** Packets that count as denied (action deny or unknown). */
  readonly denied: number;
  /** Packets that a reply could explain. */
  readonly strays: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
  /** Hours (of UTC) in which it was seen. */
  readonly hours: number;
  /** Distinct addresses of the network that were seen. */
  readonly addresses: number;
  readonly hosts: readonly Share[];
  /** '' = not known. */
  readonly countries: readonly Share[];
  /** 0 = not known. */
  readonly asns: readonly Share<number>[];
  readonly directions: readonly Share<Direction>[];
  readonly actions: readonly Share<Action>[];
  /** Distinct (protocol, port). */
  readonly ports: number;
  /** The most persistent ports: in how many hours each was asked for. */
  readonly wants: readonly PersistentPort[];
  /** Packets per bucket, none left out, for a sparkline. */
  readonly series: Series;
  /** What its packets look like; null when no raw row of it is kept. */
  readonly recent: RecentPackets | null;
  /** The most active addresses of a network target; empty for a single address. */
  readonly members: readonly Neighbour[];
  /** The /24 or /64 around a single address (or a smaller network), without the target; null for larger targets. */
  readonly neighbours: Neighbourhood | null;
}

export interface PersistentPort {
  /** As stored: TCP, UDP, ICMP, ICMPv6 or a number as text. */
  readonly proto: string;
  /** For ICMP and ICMPv6 the type. */
  readonly port: number;
  readonly hours: number;
}

export interface Series {
  /** Start of the first bucket, milliseconds since 1970. */
  readonly start: number;
  readonly bucketMs: number;
  readonly packets: readonly number[];
}

export interface Neighbour {
  readonly address: string;
  readonly packets: number;
  readonly first: number;
  readonly last: number;
}

export interface Neighbourhood {
  readonly network: string;
  /** Distinct other addresses seen. */
  readonly addresses: number;
  readonly packets: number;
  readonly top: readonly Neighbour[];
}

const hourMs = 3_600_000;
/** A series by the hour up to this long, by the day beyond. */
const hourlySpanMs = 72 * hourMs;
/** DateTime's last hour. */
const forever = 4_294_965_600_000;

/** Everything about one address or CIDR; DL_USAGE if `target` is neither. */
export async function sourceDossier(connection: Connection, target: string, options: SourceOptions): Promise<SourceDossier> {
  const network = parseNetwork(target);
  const limit = Math.min(Math.max(Math.floor(options.limit ?? 10), 1), 1000);
  const window = {
    since: Math.min(Math.max(Math.floor(options.since ?? 0), 0), forever),
    until: Math.min(Math.max(Math.floor(options.until ?? forever), 0), forever),
    src_from: network.from,
    src_to: network.to,
  };
  const [summary] = await connection.rows<SummaryRow>('source-summary', window);
  if (summary === undefined || summary.total === 0) return unseen(network.text);
  const [wants, series, recent, members, neighbours] = await Promise.all([
    connection.rows<{ code: number; hours: number }>('source-ports', { ...window, limit }),
    readSeries(connection, window, summary),
    readRecent(connection, { ...window, limit }),
    network.bits === 128 ? [] : readAddresses(connection, { ...window, not_from: '', not_to: '', limit }),
    readNeighbours(connection, network, { ...window, limit }),
  ]);
  return {
    target: network.text,
    packets: summary.total,
    denied: summary.denied,
    strays: summary.stray_packets,
    first: summary.first_seen,
    last: summary.last_seen,
    hours: summary.hours,
    addresses: summary.addresses,
    hosts: shares(summary.hosts),
    countries: shares(summary.countries),
    asns: numberShares(summary.asns),
    directions: shares(summary.directions) as Share<Direction>[],
    actions: shares(summary.actions) as Share<Action>[],
    ports: summary.distinct_ports,
    wants: wants.map(({ code, hours }) => ({ ...portOfCode(code), hours })),
    series,
    recent,
    members: members.map(neighbour),
    neighbours,
  };
}

interface SummaryRow {
  readonly total: number;
  readonly stray_packets: number;
  readonly denied: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly hours: number;
  readonly addresses: number;
  readonly distinct_ports: number;
  readonly hosts: Counts;
  readonly countries: Counts;
  readonly asns: Counts;
  readonly directions: Counts;
  readonly actions: Counts;
}

type Counts = Readonly<Record<string, number>>;

async function readSeries(connection: Connection, window: Record<string, unknown>, summary: SummaryRow): Promise<Series> {
  const hourly = summary.last_seen - summary.first_seen <= hourlySpanMs;
  const bucketMs = hourly ? hourMs : 24 * hourMs;
  const rows = await connection.rows<{ bucket: number; total: number }>('source-series', {
    ...window,
    bucket_hours: bucketMs / hourMs,
  });
  const start = rows[0]?.bucket ?? 0;
  const packets = Array.from({ length: Math.round(((rows.at(-1)?.bucket ?? 0) - start) / bucketMs) + 1 }, () => 0);
  for (const row of rows) packets[Math.round((row.bucket - start) / bucketMs)] = row.total;
  return { start, bucketMs, packets };
}

interface AddressRow {
  readonly address: string;
  readonly total: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly all_addresses: number;
  readonly all_packets: number;
}

async function readAddresses(connection: Connection, parameters: Record<string, unknown>): Promise<AddressRow[]> {
  return await connection.rows<AddressRow>('source-addresses', parameters);
}

async function readNeighbours(
  connection: Connection,
  network: Network,
  window: Record<string, unknown>,
): Promise<Neighbourhood | null> {
  const bits = addressNumber(network.from) >> 32n === 0xffffn && network.bits >= 96 ? 96 + 24 : 64;
  if (network.bits <= bits) return null;
  const around = parseNetwork(enclosing(network.from, bits));
  const rows = await readAddresses(connection, {
    ...window,
    src_from: around.from,
    src_to: around.to,
    not_from: network.from,
    not_to: network.to,
  });
  return {
    network: around.text,
    addresses: rows[0]?.all_addresses ?? 0,
    packets: rows[0]?.all_packets ?? 0,
    top: rows.map(neighbour),
  };
}

function neighbour(row: AddressRow): Neighbour {
  return { address: shortAddress(row.address), packets: row.total, first: row.first_seen, last: row.last_seen };
}

function shares(counts: Counts): Share[] {
  return Object.entries(counts)
    .map(([name, packets]) => ({ name, packets }))
    .sort((a, b) => b.packets - a.packets || (a.name < b.name ? -1 : 1));
}

function numberShares(counts: Counts): Share<number>[] {
  return shares(counts).map(({ name, packets }) => ({ name: Number(name), packets }));
}

function unseen(target: string): SourceDossier {
  return {
    target,
    packets: 0,
    denied: 0,
    strays: 0,
    first: 0,
    last: 0,
    hours: 0,
    addresses: 0,
    hosts: [],
    countries: [],
    asns: [],
    directions: [],
    actions: [],
    ports: 0,
    wants: [],
    series: { start: 0, bucketMs: hourMs, packets: [] },
    recent: null,
    members: [],
    neighbours: null,
  };
}
