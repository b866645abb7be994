import { parseNetwork, type Share, type SourceDossier } from '@droplens/store';
import type { SourceCommandOptions } from '../commands/source.ts';
import type { ConfigurationFlags } from '../config/load.ts';
import { ndjsonLine } from '../output/row-format.ts';
import type { Session } from '../session.ts';
import { parseMoment } from '../time.ts';
import { isoTime } from './answer.ts';
import { dossierText } from './dossier-text.ts';
import { ask } from './question.ts';

/** `droplens source`. */
export async function runSource(
  session: Session,
  flags: ConfigurationFlags,
  target: string,
  options: SourceCommandOptions,
): Promise<void> {
  const now = Date.now();
  const utc = options.utc === true;
  const since = options.since === undefined ? undefined : parseMoment(options.since, '--since', now, utc);
  const until = options.until === undefined ? undefined : parseMoment(options.until, '--until', now, utc);
  // a mistyped address is told before anything is opened
  const { text } = parseNetwork(target);
  const { terminal } = session;
  await ask(session, flags, async ({ store }) => {
    const dossier = await store.source(target, { since, until });
    if (options.format === 'ndjson') await terminal.write(ndjsonLine(dossierRecord(dossier)));
    else if (dossier.packets === 0) {
      terminal.note(
        `${text} was never seen here${since === undefined ? '' : ' in that time'}.\n  next  droplens top sources · droplens source ${wider(text)}\n`,
      );
    } else await terminal.write(dossierText(dossier, { now, utc, width: terminal.columns, paint: terminal.paint }));
  });
}

/** The network around an address that was not seen. */
function wider(text: string): string {
  const address = text.split('/', 1)[0] ?? text;
  return address.includes(':') ? `${address}/48` : `${address.replace(/\.\d+$/, '.0')}/24`;
}

/** The dossier as NDJSON has it: snake_case, times as ISO text. */
function dossierRecord(dossier: SourceDossier): Record<string, unknown> {
  const { recent, series, neighbours } = dossier;
  const time = (value: number): string | null => (dossier.packets === 0 ? null : isoTime(value));
  const named = <Name>(key: string, shares: readonly Share<Name>[]) =>
    shares.map(({ name, packets }) => ({ [key]: name, packets }));
  const people = (list: SourceDossier['members']) =>
    list.map((one) => ({ src: one.address, packets: one.packets, first: isoTime(one.first), last: isoTime(one.last) }));
  return {
    target: dossier.target,
    packets: dossier.packets,
    denied: dossier.denied,
    strays: dossier.strays,
    first: time(dossier.first),
    last: time(dossier.last),
    hours: dossier.hours,
    addresses: dossier.addresses,
    ports: dossier.ports,
    wants: dossier.wants.map(({ proto, port, hours }) => ({ proto, dst_port: port, hours })),
    hosts: named('host', dossier.hosts),
    countries: named('country', dossier.countries),
    asns: named('asn', dossier.asns),
    directions: named('direction', dossier.directions),
    actions: named('action', dossier.actions),
    series: { start: time(series.start), bucket_seconds: series.bucketMs / 1000, packets: series.packets },
    recent:
      recent === null
        ? null
        : {
            packets: recent.packets,
            since: isoTime(recent.since),
            ports: recent.ports.map(({ proto, port, packets }) => ({ proto, dst_port: port, packets })),
            tcp: recent.tcp,
            syn_only: recent.synOnly,
            tcp_flags: named('tcp_flags', recent.flags),
            windows: named('window', recent.windows),
            ip_ids: named('ip_id', recent.ipIds),
            prefixes: named('prefix', recent.prefixes),
            ttl_min: recent.ttlMin,
            ttl_max: recent.ttlMax,
            destinations: recent.destinations,
          },
    members: people(dossier.members),
    neighbours:
      neighbours === null
        ? null
        : {
            network: neighbours.network,
            addresses: neighbours.addresses,
            packets: neighbours.packets,
            top: people(neighbours.top),
          },
  };
}
