import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TopOptions } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { counts, directionOf, isStray, rowText, sampleRows, type SampleRow } from './sample-rows.ts';

const start = Date.parse('2026-11-20T08:30:00.000Z');
const hour = 3_600_000;
const rows = sampleRows({ seed: 11, count: 5000, start, hours: 30 });
let opened: OpenedStore;

beforeAll(async () => {
  opened = await openStore();
  // three batches of different load days and orders, as life has it
  const loadedAt = Date.parse('2026-11-21T12:00:00.000Z');
  await opened.store.insertDrops({ rows: rowText(rows.slice(0, 2000)), loadedAt, token: 'a' });
  await opened.store.insertDrops({ rows: rowText(rows.slice(2000, 2001)), loadedAt: loadedAt + 24 * hour, token: 'b' });
  await opened.store.insertDrops({ rows: rowText(rows.slice(2001)), loadedAt: loadedAt + 48 * hour, token: 'c' });
}, 60_000);
afterAll(async () => await opened.close());

/** Filters, and the same in JavaScript. */
const windows: { name: string; options: TopOptions; fits: (row: SampleRow) => boolean }[] = [
  { name: 'everything that counts', options: {}, fits: counts },
  {
    name: 'a window that cuts hours',
    options: { since: start + 3 * hour + 123_456, until: start + 7 * hour - 1 },
    fits: (r) => counts(r) && r.time >= start + 3 * hour + 123_456 && r.time < start + 7 * hour - 1,
  },
  {
    name: 'other directions',
    options: { directions: ['out', 'forward'] },
    fits: (r) => directionOf(r) !== 'in' && r.action !== 'allow' && r.action !== 'audit',
  },
  { name: 'all directions and actions', options: { directions: [], actions: [] }, fits: () => true },
  {
    name: 'one host and two countries',
    options: { hosts: ['db'], countries: ['NL', ''] },
    fits: (r) => counts(r) && r.host === 'db' && ['NL', ''].includes(r.country),
  },
  { name: 'an empty prefix', options: { prefixes: [''] }, fits: (r) => counts(r) && r.prefix === '' },
  { name: 'a protocol that has no name', options: { protos: ['47'] }, fits: (r) => counts(r) && r.proto === '47' },
  {
    name: 'ports, single and in a run',
    options: { ports: [22, ...Array.from({ length: 50_000 }, (_, index) => index + 1000)] },
    fits: (r) => counts(r) && (r.dst_port === 22 || (r.dst_port >= 1000 && r.dst_port < 51_000)),
  },
  {
    name: 'an IPv4 network',
    options: { src: '203.0.0.0/25' },
    fits: (r) => counts(r) && /^203\.0\.0\.(\d{1,2}|1[01]\d|12[0-7])$/.test(r.src),
  },
  { name: 'an IPv6 network', options: { src: '2001:db8:3::/48' }, fits: (r) => counts(r) && r.src.startsWith('2001:db8:3::') },
  { name: 'a destination', options: { dst: '2001:db8:ffff::5' }, fits: (r) => counts(r) && r.dst === '2001:db8:ffff::5' },
  { name: 'a time nobody lived in', options: { since: Date.parse('2099-01-01T00:00:00Z') }, fits: () => false },
  { name: 'a backward window', options: { since: start + hour, until: start }, fits: () => false },
  {
    name: 'a host that is hostile',
    options: { hosts: ["'; DROP TABLE drops; --", '\\', '\0', '\n\t{x:String}'] },
    fits: () => false,
  },
];

function groups(fitting: readonly SampleRow[], key: (row: SampleRow) => string): [string, SampleRow[]][] {
  const map = new Map<string, SampleRow[]>();
  for (const row of fitting) map.set(key(row), [...(map.get(key(row)) ?? []), row]);
  return [...map].sort(([, a], [, b]) => b.length - a.length);
}

function facts(list: readonly SampleRow[]): { packets: number; strays: number; first: number; last: number } {
  const times = list.map((r) => r.time);
  return { packets: list.length, strays: list.filter(isStray).length, first: Math.min(...times), last: Math.max(...times) };
}

const distinct = (list: readonly SampleRow[], key: (row: SampleRow) => unknown): number => new Set(list.map(key)).size;
const port = (r: SampleRow): string => `${r.proto} ${r.dst_port}`;
/** As the hourly history has it: ICMP's type is its port. */
const portOrType = (r: SampleRow): string => `${r.proto} ${r.dst_port + r.icmp_type}`;

describe.each(windows)('top lists over $name', ({ options, fits }) => {
  const fitting = rows.filter(fits);
  const totals = { packets: fitting.length, strays: fitting.filter(isStray).length };

  it('counts sources', async () => {
    const answer = await opened.store.topSources({ ...options, limit: 1000 });
    const expected = groups(fitting, (r) => r.src);
    expect(answer).toMatchObject({ ...totals, groups: expected.length, reach: 'exact' });
    expect(answer.rows.map((row) => row.packets)).toEqual(expected.map(([, list]) => list.length));
    for (const [source, list] of expected) {
      const row = answer.rows.find((one) => one.source === source);
      const wants = groups(list, portOrType);
      expect(row).toMatchObject({
        ...facts(list),
        country: list.at(0)!.country,
        asn: list.at(0)!.asn,
        hosts: distinct(list, (r) => r.host),
        ports: wants.length,
      });
      expect(row?.wants.map((want) => 'packets' in want && want.packets)).toEqual(wants.slice(0, 4).map(([, own]) => own.length));
      for (const want of row?.wants ?? []) {
        const asked = wants.find(([key]) => key === `${want.proto} ${want.port}`)?.[1];
        expect(want).toMatchObject({ packets: asked?.length });
      }
    }
  });

  it('counts ports, countries, prefixes and hosts', async () => {
    const ports = await opened.store.topPorts({ ...options, limit: 10_000 });
    const countries = await opened.store.topCountries({ ...options, limit: 100 });
    const prefixes = await opened.store.topPrefixes({ ...options, limit: 100 });
    const hosts = await opened.store.topHosts({ ...options, limit: 100 });
    const expected = [
      { answer: ports, name: (row: object) => `${(row as SampleRow).proto} ${(row as { port: number }).port}`, key: port },
      { answer: countries, name: (row: object) => (row as SampleRow).country, key: (r: SampleRow) => r.country },
      {
        answer: prefixes,
        name: (row: object) => `${(row as SampleRow).prefix} ${(row as SampleRow).action}`,
        key: (r: SampleRow) => `${r.prefix} ${r.action}`,
      },
      { answer: hosts, name: (row: object) => (row as SampleRow).host, key: (r: SampleRow) => r.host },
    ];
    for (const { answer, name, key } of expected) {
      const lists = groups(fitting, key);
      expect(answer).toMatchObject({ ...totals, groups: lists.length, reach: 'exact' });
      expect(answer.rows.map((row) => row.packets)).toEqual(lists.map(([, list]) => list.length));
      for (const row of answer.rows) expect(row).toMatchObject(facts(lists.find(([one]) => one === name(row))?.[1] ?? []));
    }
    for (const row of ports.rows) {
      const own = fitting.filter((r) => r.proto === row.proto && r.dst_port === row.port);
      expect(row).toMatchObject({ sources: distinct(own, (r) => r.src), hosts: distinct(own, (r) => r.host) });
    }
    for (const row of hosts.rows) {
      const own = fitting.filter((r) => r.host === row.host);
      expect(row).toMatchObject({ sources: distinct(own, (r) => r.src), ports: distinct(own, portOrType) });
    }
  });
});

describe('top sources', () => {
  it('takes an IPv6 /64 for one source when asked to, never an IPv4 network', async () => {
    const fitting = rows.filter(counts);
    const key = (r: SampleRow): string => (r.src.includes(':') ? `${r.src.split('::')[0]}::/64` : r.src);
    const expected = groups(fitting, key);
    const answer = await opened.store.topSources({ ipv6Bits: 64, limit: 1000 });
    expect(answer.groups).toBe(expected.length);
    for (const [source, list] of expected) {
      expect(answer.rows.find((row) => row.source === source)).toMatchObject(facts(list));
    }
  });

  it('lists as many as asked for and still counts all', async () => {
    const answer = await opened.store.topSources({ limit: 3, wants: 1 });
    expect(answer.rows).toHaveLength(3);
    expect(answer.rows.every((row) => row.wants.length === 1)).toBe(true);
    expect(answer.packets).toBe(rows.filter(counts).length);
  });

  it('names what is wanted by hours where more packets fit than can be read soon', async () => {
    const heavy = opened.another('heavy');
    await heavy.migrate();
    // 1,200,000 packets of two sources in three hours: one asks for 22 in each hour and for another port per hour besides
    await opened.client.command({
      query: `INSERT INTO heavy.drops_in (loaded_at, time, host, src, dst, proto, src_port, dst_port, action, in_iface, tcp_flags)
        SELECT now64(3), toDateTime64('2026-11-20 10:00:00', 3, 'UTC') + number / 120, ['a', 'b', 'c'][1 + number % 3],
          toIPv6(['192.0.2.1', '192.0.2.2'][1 + number % 2]), toIPv6('198.51.100.1'), if(number % 2 = 0, 'TCP', '47'), 1024,
          multiIf(number % 2 = 1, 0, number % 4 = 0, 22, 100 + intDiv(number, 432000)), 'deny', 'eth0', if(number % 10 = 0, 18, 2)
        FROM numbers(1200000)`,
    });
    const since = Date.parse('2026-11-20T10:30:00Z');
    expect(await heavy.topSources({ since: since - hour })).toMatchObject({ packets: 1_200_000, strays: 120_000, groups: 2 });
    const { rows: sources, ...totals } = await heavy.topSources({ since });
    expect(totals).toEqual({ packets: 984_000, strays: 98_400, groups: 2, reach: 'exact' });
    expect(sources.map(({ source, wants }) => ({ source, wants }))).toEqual([
      expect.objectContaining({ source: '192.0.2.1' }),
      expect.objectContaining({ source: '192.0.2.2' }),
    ]);
    const all = await heavy.topSources();
    const tcp = (port: number, hours: number): object => ({ proto: 'TCP', port, hours });
    expect(all.rows.map(({ source, ports, wants }) => ({ source, ports, wants }))).toEqual([
      { source: '192.0.2.1', ports: 4, wants: [tcp(22, 3), tcp(100, 1), tcp(101, 1), tcp(102, 1)] },
      { source: '192.0.2.2', ports: 1, wants: [{ proto: '47', port: 0, hours: 3 }] },
    ]);
  });

  it('answers nothing from an empty database', async () => {
    const empty = opened.another('empty');
    await empty.migrate();
    expect(await empty.topSources()).toEqual({ rows: [], packets: 0, strays: 0, groups: 0, reach: 'exact' });
    expect(await empty.topHosts()).toEqual({ rows: [], packets: 0, strays: 0, groups: 0, reach: 'exact' });
  });

  it.each(['nonsense', '1.2.3', '1.2.3.4/33', '::/129', '', "1.2.3.4' OR 1=1"])('refuses the address %j', async (src) => {
    await expect(opened.store.topSources({ src })).rejects.toMatchObject({ code: 'DL_USAGE' });
  });
});
