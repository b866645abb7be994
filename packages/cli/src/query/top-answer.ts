import type { Reach, Store, Top, TopOptions, TopRow, TopSource } from '@droplens/store';
import type { TopKind } from '../commands/top.ts';
import { absoluteTime, grouped, share, span } from '../terminal/numbers.ts';
import type { Column } from '../terminal/table.ts';
import { isoTime, type Answer } from './answer.ts';
import { portText, shortPort } from './port-text.ts';
import { serviceOf } from './service-names.ts';

/** How times are shown: as ages, or in UTC. */
export interface TimeStyle {
  readonly now: number;
  readonly utc: boolean;
}

/** A top list, and how far it is true to its window. */
export interface TopAnswer extends Answer<TopRow> {
  readonly reach: Reach;
}

/** Asks the store and lays the answer out. */
export async function topAnswer(store: Store, kind: TopKind, options: TopOptions, style: TimeStyle): Promise<TopAnswer> {
  switch (kind) {
    case 'sources':
      return layOut(await store.topSources(options), style, {
        where: 'from',
        names: ['source', 'sources'],
        columns: sourceColumns,
        fields: (row) => ({
          source: row.source,
          country: row.country,
          asn: row.asn,
          wants: row.wants.map(({ proto, port, ...count }) => ({ proto, dst_port: port, ...count })),
          ports: row.ports,
          hosts: row.hosts,
        }),
      });
    case 'ports':
      return layOut(await store.topPorts(options), style, {
        where: 'at',
        names: ['port', 'ports'],
        columns: () => [
          { header: 'port', cell: (row) => portText(row.proto, row.port) },
          { header: 'service', cell: (row) => serviceOf(row.proto, row.port), leaves: 5, tone: 'dim' },
          number('sources', (row) => row.sources),
          number('hosts', (row) => row.hosts, 4),
        ],
        fields: ({ proto, port, sources, hosts }) => ({ proto, dst_port: port, sources, hosts }),
      });
    case 'countries':
      return layOut(await store.topCountries(options), style, {
        where: 'from',
        names: ['country', 'countries'],
        columns: () => [
          { header: 'country', cell: countryName },
          number('sources', (row) => row.sources),
          number('hosts', (row) => row.hosts, 4),
        ],
        fields: ({ country, sources, hosts }) => ({ country, sources, hosts }),
        isNameless: ({ country }) => country === '',
      });
    case 'prefixes':
      return layOut(await store.topPrefixes({ ...options, actions: options.actions ?? [] }), style, {
        where: 'under',
        names: ['prefix', 'prefixes'],
        columns: () => [
          { header: 'prefix', cell: (row) => row.prefix || '(none)', shrinkTo: 12 },
          { header: 'action', cell: (row) => row.action },
          number('sources', (row) => row.sources),
          number('hosts', (row) => row.hosts, 4),
        ],
        fields: ({ prefix, action, sources, hosts }) => ({ prefix, action, sources, hosts }),
      });
    case 'hosts':
      return layOut(await store.topHosts(options), style, {
        where: 'at',
        names: ['host', 'hosts'],
        columns: () => [
          { header: 'host', cell: (row) => row.host || '(none)', shrinkTo: 12 },
          number('sources', (row) => row.sources),
          number('ports', (row) => row.ports, 4),
        ],
        fields: ({ host, sources, ports }) => ({ host, sources, ports }),
      });
    default:
      throw new TypeError(`there is no top list of ${kind satisfies never as string}`);
  }
}

interface Layout<Row> {
  /** `from` sources, `at` ports. */
  readonly where: string;
  /** One and many of what is counted. */
  readonly names: readonly [string, string];
  /** Columns between the packets and the times. */
  readonly columns: (rows: readonly Row[]) => readonly Column<Row>[];
  readonly fields: (row: Row) => Readonly<Record<string, unknown>>;
  /** The row that is listed but is none of what is counted: no country is no country. */
  readonly isNameless?: (row: Row) => boolean;
}

function layOut<Row extends TopRow>(
  top: Top<Row>,
  style: TimeStyle,
  { where, names, columns, fields, isNameless }: Layout<Row>,
): TopAnswer {
  const { rows, packets, strays, reach } = top;
  const nameless = isNameless === undefined ? undefined : rows.find((row) => isNameless(row));
  const groups = top.groups - (nameless === undefined ? 0 : 1);
  const record = (row: Row): Record<string, unknown> => ({
    ...fields(row),
    packets: row.packets,
    strays: row.strays,
    first: isoTime(row.first),
    last: isoTime(row.last),
  });
  const listed = rows.reduce((sum, row) => sum + row.packets, 0);
  const answer: Answer<Row> = {
    rows,
    columns: [
      { header: 'packets', cell: (row) => grouped(row.packets), align: 'right', tone: 'strong' },
      ...columns(rows),
      timeColumn('first', (row) => row.first, style, 3),
      timeColumn('last', (row) => row.last, style, 1),
    ],
    record,
    keys: rows[0] === undefined ? [] : Object.keys(record(rows[0])),
    footer:
      ` ${grouped(packets)} ${packets === 1 ? 'packet' : 'packets'} ${where} ${grouped(groups)} ${names[groups === 1 ? 0 : 1]}` +
      (nameless === undefined ? '' : `, ${share(nameless.packets, packets)} from none known`) +
      `${top.groups > rows.length ? `; top ${rows.length} are ${share(listed, packets)}` : ''}.` +
      `${strays > 0 ? `  Replies and strays: ${share(strays, packets)}` : ''}\n`,
  };
  // rows are only ever handed back to the functions beside them
  return { ...(answer as unknown as Answer<TopRow>), reach };
}

function sourceColumns(rows: readonly TopSource[]): readonly Column<TopSource>[] {
  const withAs = rows.some(({ asn }) => asn > 0);
  return [
    { header: 'source', cell: (row) => row.source },
    { header: 'country', cell: countryName, leaves: 2 },
    ...(withAs ? [{ header: 'AS', cell: (row: TopSource) => (row.asn > 0 ? `AS${row.asn}` : '–'), leaves: 5 }] : []),
    { header: 'wants', cell: wants, shrinkTo: 12 },
    number('hosts', (row) => row.hosts, 4),
  ];
}

function number<Row>(header: string, value: (row: Row) => number, leaves?: number): Column<Row> {
  return { header, cell: (row) => grouped(value(row)), align: 'right', ...(leaves === undefined ? {} : { leaves }) };
}

function timeColumn<Row>(header: string, time: (row: Row) => number, { now, utc }: TimeStyle, leaves: number): Column<Row> {
  return {
    header,
    cell: (row) => (utc ? absoluteTime(time(row), true) : span(now - time(row))),
    align: utc ? 'left' : 'right',
    leaves,
  };
}

function countryName({ country }: { readonly country: string }): string {
  return country || '–';
}

function wants({ wants: list, ports }: TopSource): string {
  const names = list.map(({ proto, port }) => shortPort(proto, port));
  const more = ports - list.length;
  return names.join(' ') + (more > 0 ? ` +${grouped(more)}` : '');
}
