import { DroplensError } from '@droplens/runtime';
import { parseNetwork, type Filters } from '@droplens/store';
import { parseMoment } from '../time.ts';
import type { FilterOptions } from './filter-options.ts';

/** What the options choose; DL_USAGE names the option that makes no sense. */
export function filtersOf(options: FilterOptions, now: number): Filters {
  const utc = options.utc === true;
  const since = options.since === undefined ? undefined : parseMoment(options.since, '--since', now, utc);
  const until = options.until === undefined ? undefined : parseMoment(options.until, '--until', now, utc);
  if (since !== undefined && since >= (until ?? Infinity))
    throw new DroplensError('DL_USAGE', '--since lies after --until: nothing is between them');
  if (since !== undefined && since > now) throw new DroplensError('DL_USAGE', '--since lies in the future');
  return {
    since,
    until,
    src: network(options.src, '--src'),
    dst: network(options.dst, '--dst'),
    ports: options.port === undefined ? undefined : portList(options.port),
    protos: list(options.proto)?.map(protocol),
    countries: list(options.country)?.map(country),
    prefixes: options.prefix === undefined ? undefined : [options.prefix.trim()],
    hosts: list(options.host),
    directions: options.direction === 'any' ? [] : options.direction === undefined ? undefined : [options.direction],
    actions: actionsOf(options.action),
  };
}

function actionsOf(action: FilterOptions['action']): Filters['actions'] {
  if (action === undefined || action === 'denied') return undefined;
  return action === 'any' ? [] : [action];
}

function list(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function network(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseNetwork(text).text;
  } catch (error) {
    if (error instanceof DroplensError) throw new DroplensError('DL_USAGE', `${option}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** `22,80,8000-8100` → every port; DL_USAGE for what is none. */
export function portList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = match?.[2] === undefined ? from : Number(match[2]);
    if (match === null || to > 65_535 || from > to)
      throw new DroplensError(
        'DL_USAGE',
        `--port: '${part.trim()}' is no port: expected 0 to 65535, or a range such as 8000-8100`,
      );
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

const protocols: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
  icmp6: 'ICMPv6',
  igmp: '2',
  gre: '47',
  esp: '50',
  ah: '51',
  sctp: '132',
  udplite: '136',
};

function protocol(text: string): string {
  const known = protocols[text.toLowerCase()];
  if (known !== undefined) return known;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return numbered[Number(text)] ?? String(Number(text));
  throw new DroplensError('DL_USAGE', `--proto: '${text}' is no protocol: expected tcp, udp, icmp, icmpv6 or a number up to 255`);
}

/** Protocols that are stored by name. */
const numbered: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

function country(text: string): string {
  if (text === '-' || text === '–') return '';
  if (/^[a-z]{2}$/i.test(text)) return text.toUpperCase();
  throw new DroplensError('DL_USAGE', `--country: '${text}' is no country: expected two letters, such as NL`);
}
