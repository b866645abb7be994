import { DroplensError } from '@droplens/runtime';
import type { Connection } from './connection.ts';
import { filterParameters } from './filters.ts';
import { shortAddress } from './network.ts';
import { portOfCode } from './port-code.ts';
import { readHours, readPackets, sourcesTell, type Reading } from './reading.ts';
import { limitOf, noRows, type Top, type TopOptions, type TopRow, type WantedPort } from './top.ts';
import type { PersistentPort } from './source.ts';

/** One source in `top sources`. */
export interface TopSource extends TopRow {
  /** Address, IPv4 without its mapping; an IPv6 prefix `…/64` when sources are grouped so. */
  readonly source: string;
  /** ISO 3166 code, '' = not known. */
  readonly country: string;
  /** 0 = not known. */
  readonly asn: number;
  /** The most asked ports first, at most `wants` of them: by packets, or by the hours in which they were asked for; see `topSources`. */
  readonly wants: readonly WantedPort[] | readonly PersistentPort[];
  /** Distinct (protocol, port or ICMP type). */
  readonly ports: number;
  /** Hosts it was seen at. */
  readonly hosts: number;
}

export interface TopSourcesOptions extends TopOptions {
  /** Ports listed for each source, at least 1; default 4. */
  readonly wants?: number | undefined;
  /** 64: all addresses of an IPv6 /64 are one source; default 128. IPv4 is never grouped. */
  readonly ipv6Bits?: 64 | 128 | undefined;
}

/** Where more packets fit than these, which ports a source wants is counted by hours: reading so many packets takes longer than all the rest. */
const countedPackets = 1_000_000;

/**
 * The sources with the most packets. What they want is counted packet by packet where at most a million packets fit and all are kept, or
 * where only packets tell (a filter by port, say); else by hours. Everything is exact, as far as `reach` says.
 */
export async function topSources(connection: Connection, options: TopSourcesOptions): Promise<Top<TopSource>> {
  const bits = options.ipv6Bits ?? 128;
  const filters = filterParameters(options);
  const read = sourcesTell(options) ? readHours : readPackets;
  const reading = await read(connection, filters);
  const asked = { ipv6_bits: bits, wants: Math.max(Math.floor(options.wants ?? 4), 1) };
  const parameters = { ...filters, ...reading.parameters, ...asked };
  const [total] = await connection.rows<TotalRow>('top-sources', { ...parameters, limit: limitOf(options.limit) });
  if (total === undefined || total.top.length === 0) return noRows(reading.reach);
  // a parameter would travel in the URL, which 10,000 addresses do not fit
  const ofThese = (sql: string): string =>
    sql.replaceAll('$sources', () => total.top.map(([address]) => literal(address)).join(', '));
  const counted = countsPackets(reading, total.all_packets);
  const [details, wants] = await Promise.all([
    connection.rows<DetailRow>('top-sources-details', parameters, ofThese),
    counted
      ? connection.rows<WantsRow>('top-sources-wants', { ...filters, ...asked }, ofThese)
      : connection.rows<WantsRow>('top-sources-hours', parameters, ofThese),
  ]);
  const detailsOf = new Map(details.map((row) => [row.address, row]));
  const wantsOf = new Map(wants.map((row) => [row.place, row]));
  return {
    packets: total.all_packets,
    strays: total.all_strays,
    groups: total.all_groups,
    reach: reading.reach,
    rows: total.top.flatMap(([address, packets], index) => {
      const row = detailsOf.get(address);
      if (row === undefined) return [];
      const { strays, country, asn, hosts, first, last } = row;
      const wanted = wantsOf.get(index + 1);
      return {
        source: bits === 64 && !address.startsWith('::ffff:') ? `${address}/64` : shortAddress(address),
        packets,
        strays,
        country,
        asn,
        wants: counted
          ? (wanted?.wants ?? []).map(([code, count]) => ({ ...portOfCode(code), packets: count }))
          : (wanted?.wants ?? []).map(([code, count]) => ({ ...portOfCode(code), hours: count })),
        ports: wanted?.ports ?? 0,
        hosts,
        first,
        last,
      };
    }),
  };
}

function countsPackets({ parameters, complete }: Reading, packets: number): boolean {
  return parameters.hours_from === parameters.hours_to || (complete && packets <= countedPackets);
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
  readonly first: number;
  readonly last: number;
}

interface WantsRow {
  /** In the list of sources, from 1. */
  readonly place: number;
  readonly ports: number;
  readonly wants: readonly (readonly [code: number, count: number])[];
}

/** An address that the database printed as a literal for it. */
function literal(address: string): string {
  if (!/^[0-9a-f:.]+$/.test(address)) throw new DroplensError('DL_INTERNAL', `the database printed '${address}' for an address`);
  return `toIPv6('${address}')`;
}
