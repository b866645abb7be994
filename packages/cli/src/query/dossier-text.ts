import { flagNames } from '@droplens/pipeline';
import type { RecentPackets, Share, SourceDossier } from '@droplens/store';
import type { Paint } from '../terminal/color.ts';
import { absoluteTime, grouped, share, span } from '../terminal/numbers.ts';
import { cutText, safeText, textWidth } from '../terminal/safe-text.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { sparkline } from '../terminal/sparkline.ts';
import { portText } from './port-text.ts';

/** How a dossier is shown. */
export interface DossierStyle {
  readonly now: number;
  readonly utc: boolean;
  readonly width: number;
  readonly paint: Paint;
}

const mostBars = 48;
const hourMs = 3_600_000;

/** A source on one screen: the answer first, then the evidence, then what to do next. */
export function dossierText(dossier: SourceDossier, style: DossierStyle): string {
  const { paint, width } = style;
  const room = width - 12;
  const line = (label: string, text: string): string =>
    text === ''
      ? ''
      : wrapText(safeText(text), room)
          .map((part, index) => `  ${paint('dim', (index === 0 ? label : '').padEnd(9))} ${cutText(part, room)}\n`)
          .join('');
  const sentence = wrapText(safeText(verdict(dossier)), width - 3).map((part) => `  ${cutText(part, width - 3)}\n`);
  const moment = (time: number): string => (style.utc ? absoluteTime(time, true) : `${span(style.now - time)} ago`);
  const recent = dossier.recent;
  const ports =
    recent !== null && recent.ports.length > 0
      ? recent.ports.map(({ proto, port, packets }) => `${portText(proto, port)} ${share(packets, recent.packets)}`)
      : dossier.wants.map(({ proto, port, hours }) => `${portText(proto, port)} in ${grouped(hours)} h`);
  return [
    `${paint('strong', safeText(dossier.target))}   ${safeText(whose(dossier))}\n`,
    `${sentence.join('')}\n`,
    line(
      'packets',
      `${grouped(dossier.packets)} in ${span(dossier.last - dossier.first)}, first ${moment(dossier.first)}, last ${moment(dossier.last)}`,
    ),
    line('', timeline(dossier, room)),
    line('ports', fitting(ports, dossier.ports, room)),
    line('hosts', fitting(shares(dossier.hosts, dossier.packets), dossier.hosts.length, room)),
    line('headers', headers(recent)),
    line('prefixes', recent === null ? '' : fitting(shares(recent.prefixes, recent.packets), recent.prefixes.length, room)),
    line(
      'direction',
      dossier.directions.length === 1 && dossier.directions[0]?.name === 'in'
        ? ''
        : shares(dossier.directions, dossier.packets).join('   '),
    ),
    line('action', dossier.denied === dossier.packets ? '' : shares(dossier.actions, dossier.packets).join('   ')),
    line(
      'replies',
      dossier.strays === 0 ? '' : `${share(dossier.strays, dossier.packets)} of its packets could be replies or strays`,
    ),
    line('members', members(dossier, room)),
    line('nearby', nearby(dossier)),
    `\n  ${paint('dim', 'next'.padEnd(9))} ${next(dossier, room)}\n`,
  ].join('');
}

/** What to type next, as far as it fits. */
function next({ target, neighbours }: SourceDossier, room: number): string {
  const search = `droplens search --src ${safeText(target)}`;
  const around = neighbours === null || neighbours.addresses === 0 ? '' : ` · droplens source ${safeText(neighbours.network)}`;
  return search.length + around.length > room ? search : search + around;
}

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

function whose({ countries, asns }: SourceDossier): string {
  const [asn] = asns.filter(({ name }) => name > 0);
  const names = countries.filter(({ name }) => /^[A-Z]{2}$/.test(name)).map(({ name }) => regions.of(name) ?? name);
  const listed = names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ');
  const all = countries.length === names.length ? listed : `${listed}; the rest not known`;
  const place = names.length === 0 ? 'country not known' : all;
  return asn === undefined ? place : `AS${asn.name}, ${place}`;
}

/** One sentence about what it does, no more certain than its packets are. */
function verdict(dossier: SourceDossier): string {
  const { packets, strays, ports, hosts, first, last, addresses, wants } = dossier;
  const time = last - first < 60_000 ? 'within a minute' : `in ${span(last - first)}`;
  const at =
    hosts.length === 1 ? `on ${hosts[0]?.name === '' ? 'one host' : hosts[0]?.name}` : `on ${grouped(hosts.length)} hosts`;
  const who = addresses > 1 ? `${grouped(addresses)} addresses: ` : '';
  if (strays > packets * 0.9) return `${who}replies and strays: packets that an answer to somebody could explain.`;
  const perHour = packets / Math.max(1, dossier.hours);
  const pace = perHour < 20 && dossier.hours > 3 ? ', slow' : perHour > 1000 ? ', fast' : '';
  if (ports >= 20) return `${who}port scanner${pace}: ${grouped(ports)} ports ${at} ${time}.`;
  const [only] = wants;
  if (ports === 1 && only !== undefined)
    return `${who}wants ${portText(only.proto, only.port)} and nothing else, ${at}, ${grouped(packets)} ${packets === 1 ? 'packet' : 'packets'} ${time}.`;
  return `${who}${grouped(ports)} ports ${at} ${time}.`;
}

function timeline({ series }: SourceDossier, room: number): string {
  const merged = Math.ceil(series.packets.length / Math.min(mostBars, room - 24));
  const values: number[] = [];
  series.packets.forEach((packets, index) => {
    const at = Math.floor(index / merged);
    values[at] = (values[at] ?? 0) + packets;
  });
  if (values.length < 2) return '';
  const bucket = (series.bucketMs * merged) / hourMs;
  return `${sparkline(values)}   (a bar is ${bucket % 24 === 0 ? `${bucket / 24} d` : `${bucket} h`})`;
}

function shares(list: readonly Share[], whole: number): string[] {
  return list.map(({ name, packets }) => `${name === '' ? '(none)' : name} ${share(packets, whole)}`);
}

/** As many entries as fit on one line, and how many more there are. */
function fitting(entries: readonly string[], all: number, room: number): string {
  let shown = '';
  let count = 0;
  for (const entry of entries) {
    const next = shown === '' ? entry : `${shown}   ${entry}`;
    const rest = all - count - 1;
    if (count > 0 && textWidth(safeText(next)) + (rest > 0 ? 16 : 0) > room) break;
    shown = next;
    count += 1;
  }
  return cutText(safeText(all > count ? `${shown}   … ${grouped(all - count)} more` : shown), room);
}

/** What its packets look like: flags, window, IP id, TTL; and the tool that is known for it. */
function headers(recent: RecentPackets | null): string {
  if (recent === null) return '';
  const parts: string[] = [];
  const [flags] = recent.flags;
  if (recent.tcp > 0) {
    if (recent.synOnly > 0) parts.push(`SYN only ${share(recent.synOnly, recent.tcp)}`);
    else if (flags !== undefined)
      parts.push(`${flagNames(flags.name).join('+') || 'no flag'} ${share(flags.packets, recent.tcp)}`);
  }
  const [window] = recent.windows;
  const [id] = recent.ipIds;
  if (recent.tcp > 0 && window !== undefined && window.packets > recent.tcp * 0.8) parts.push(`window ${window.name}`);
  if (id !== undefined && recent.packets > 2 && id.packets > recent.packets * 0.8 && id.name !== 0) parts.push(`id ${id.name}`);
  if (recent.ttlMax > 0)
    parts.push(recent.ttlMin === recent.ttlMax ? `ttl ${recent.ttlMax}` : `ttl ${recent.ttlMin}–${recent.ttlMax}`);
  const tool = id?.name === 54_321 && id.packets > recent.packets * 0.8 ? ': ZMap' : '';
  return parts.join(', ') + tool;
}

function members({ members: list, addresses, packets }: SourceDossier, room: number): string {
  return fitting(
    list.map(({ address, packets: own }) => `${address} ${share(own, packets)}`),
    addresses > 1 ? Math.max(addresses, list.length) : list.length,
    room,
  );
}

function nearby({ neighbours }: SourceDossier): string {
  if (neighbours === null || neighbours.addresses === 0) return '';
  const { network, addresses, packets } = neighbours;
  return `${network}: ${grouped(addresses)} other ${addresses === 1 ? 'source' : 'sources'}, ${grouped(packets)} packets`;
}
