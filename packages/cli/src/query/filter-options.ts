import { Option, type Command } from 'commander';

/** Options that choose packets, as they come from the command line. */
export interface FilterOptions {
  readonly since?: string;
  readonly until?: string;
  readonly src?: string;
  readonly dst?: string;
  readonly port?: string;
  readonly proto?: string;
  readonly country?: string;
  readonly prefix?: string;
  readonly host?: string;
  readonly direction?: 'in' | 'out' | 'forward' | 'any';
  readonly action?: 'denied' | 'deny' | 'unknown' | 'allow' | 'audit' | 'any';
  readonly utc?: boolean;
}

/** Adds the options that choose packets; several values are given with commas. */
export function addFilterOptions(command: Command, since: string): Command {
  return command
    .option('--since <when>', 'from then on: 90s, 15m, 24h, 7d, 4w ago, or 2026-11-21T13:00', since)
    .option('--until <when>', 'up to then')
    .option('--src <net>', 'source address or CIDR')
    .option('--dst <net>', 'destination address or CIDR')
    .option('--port <ports>', 'destination ports: 22, or 22,80,8000-8100')
    .option('--proto <protos>', 'protocols: tcp, udp, icmp, icmpv6 or a number')
    .option('--country <codes>', "countries of the source: NL, or NL,DE; '-' for none known")
    .option('--prefix <text>', 'LOG prefixes, as `droplens top prefixes` shows them')
    .option('--host <names>', 'hosts that logged')
    .addOption(new Option('--direction <which>', 'which packets (default: in)').choices(['in', 'out', 'forward', 'any']))
    .addOption(
      new Option('--action <which>', 'what became of them (default: denied, which is deny and unknown)').choices([
        'denied',
        'deny',
        'unknown',
        'allow',
        'audit',
        'any',
      ]),
    )
    .option('--utc', 'absolute times, in UTC');
}
