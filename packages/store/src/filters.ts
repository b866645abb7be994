import { DroplensError } from '@droplens/runtime';
import { parseNetwork } from './network.ts';

/** What a packet did, as its prefix says. */
export type Action = 'unknown' | 'deny' | 'allow' | 'audit';
export type Direction = 'in' | 'out' | 'forward';

/** Which packets a question is about. What is not given does not restrict, except `directions` and `actions`. */
export interface Filters {
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number | undefined;
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly prefixes?: readonly string[] | undefined;
  /** ISO 3166 codes of two letters, upper case; '' = not known. */
  readonly countries?: readonly string[] | undefined;
  /** As stored: TCP, UDP, ICMP, ICMPv6 or a number. */
  readonly protos?: readonly string[] | undefined;
  /** Destination ports, 0 to 65535. */
  readonly ports?: readonly number[] | undefined;
  /** Default: in. Empty: all. */
  readonly directions?: readonly Direction[] | undefined;
  /** Default: deny and unknown, which count as denied. Empty: all. */
  readonly actions?: readonly Action[] | undefined;
  /** An address or a CIDR, IPv4 or IPv6. */
  readonly src?: string | undefined;
  /** An address or a CIDR, IPv4 or IPv6. */
  readonly dst?: string | undefined;
}

/** The span of ClickHouse's DateTime, 1970 to 2106, in which toStartOfHour is right; stored event times lie well within. */
const earliest = 0;
const latest = 4_294_965_600_000;

/** The parameters that `$filter` reads (sql/queries/filter.sql), for packets alone; DL_USAGE for an address that is none. */
export function filterParameters(filters: Filters): Record<string, unknown> & { readonly since: number; readonly until: number } {
  const src = filters.src === undefined ? everything : parseNetwork(filters.src);
  const dst = filters.dst === undefined ? everything : parseNetwork(filters.dst);
  for (const port of filters.ports ?? []) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new DroplensError('DL_USAGE', `${port} is no port: 0 to 65535`);
  }
  return {
    since: moment(filters.since, earliest),
    until: moment(filters.until, latest),
    hours_from: 0,
    hours_to: 0,
    src_from: src.from,
    src_to: src.to,
    dst_from: dst.from,
    dst_to: dst.to,
    directions: filters.directions ?? ['in'],
    actions: filters.actions ?? ['deny', 'unknown'],
    hosts: filters.hosts ?? [],
    prefixes: filters.prefixes ?? [],
    countries: filters.countries ?? [],
    protos: filters.protos ?? [],
    ...portParameters(filters.ports ?? []),
  };
}

/** Ports as runs where three or more follow each other: parameters travel in the URL, and `8000-65535` must fit. */
function portParameters(ports: readonly number[]): { ports: number[]; port_from: number[]; port_to: number[] } {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const parameters = { ports: [] as number[], port_from: [] as number[], port_to: [] as number[] };
  for (let at = 0; at < sorted.length;) {
    const from = sorted[at]!;
    let length = 1;
    while (sorted[at + length] === from + length) length += 1;
    if (length < 3) parameters.ports.push(...sorted.slice(at, at + length));
    else {
      parameters.port_from.push(from);
      parameters.port_to.push(from + length - 1);
    }
    at += length;
  }
  return parameters;
}

const everything = { from: '::', to: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' };

function moment(time: number | undefined, missing: number): number {
  if (time === undefined || Number.isNaN(time)) return missing;
  return Math.min(Math.max(Math.floor(time), earliest), latest);
}
