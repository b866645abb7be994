import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TopOptions } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { counts, isStray, plainRow, rowText, sampleRows, type SampleRow } from './sample-rows.ts';

const start = Date.parse('2026-11-20T08:30:00.000Z');
const hour = 3_600_000;
const minute = 60_000;
const hourOf = (time: number): number => Math.floor(time / hour);
const rows = sampleRows({ seed: 31, count: 4000, start, hours: 24 });
/** The first half of the day, loaded on a day whose packets are no longer kept; some of its lines came later. */
const gone = rows.filter((row, index) => row.time < start + 12 * hour && index % 10 > 0);
const kept = rows.filter((row) => !gone.includes(row));
/** Of a day of which everything is kept. */
const late = sampleRows({ seed: 32, count: 500, start: start + 9 * 24 * hour, hours: 4 });
const loadedAt = Date.parse('2026-11-21T12:00:00.000Z');
let opened: OpenedStore;

beforeAll(async () => {
  opened = await openStore();
  const load = async (token: string, at: number, list: readonly SampleRow[]): Promise<void> =>
    await opened.store.insertDrops({ rows: rowText(list), loadedAt: at, token });
  await load('gone', loadedAt, gone.slice(0, 1000));
  await load('gone-too', loadedAt + 1000, gone.slice(1000));
  await load('kept', loadedAt + 2 * 24 * hour, kept);
  await load('late', loadedAt + 8 * 24 * hour, late);
  await opened.client.command({ query: "ALTER TABLE drops DROP PARTITION '2026-11-21'" });
}, 60_000);
afterAll(async () => await opened.close());

const lost = new Set(gone.map((row) => hourOf(row.time)));

/** Whether a time counts: hours of which packets are lost count whole. */
function within(time: number, since: number, until: number): boolean {
  const whole = lost.has(hourOf(time));
  return whole ? hourOf(time) >= hourOf(since) && hourOf(time) * hour < until : time >= since && time < until;
}

const windows = [
  {
    name: 'that cuts lost hours at both ends',
    since: start + 2 * hour + 7 * minute,
    until: start + 9 * hour - 1,
    reach: 'hours',
  },
  {
    name: 'from a lost hour into kept ones',
    since: start + 5 * hour + 1,
    until: start + 20 * hour + 11 * minute,
    reach: 'hours',
  },
  { name: 'within one lost hour', since: start + 4 * hour + 40 * minute, until: start + 4 * hour + 50 * minute, reach: 'hours' },
  { name: 'of whole lost hours', since: start + 90 * minute, until: start + 450 * minute, reach: 'exact' },
  { name: 'of kept hours only', since: start + 14 * hour + minute, until: start + 21 * hour + minute, reach: 'exact' },
  {
    name: 'within one kept hour',
    since: start + 16 * hour + 40 * minute,
    until: start + 16 * hour + 50 * minute,
    reach: 'exact',
  },
] as const;

function tally(list: readonly SampleRow[], key: (row: SampleRow) => string): Map<string, SampleRow[]> {
  const map = new Map<string, SampleRow[]>();
  for (const row of list) map.set(key(row), [...(map.get(key(row)) ?? []), row]);
  return map;
}

function facts(list: readonly SampleRow[]): object {
  const times = list.map((row) => row.time);
  return { packets: list.length, strays: list.filter(isStray).length, first: Math.min(...times), last: Math.max(...times) };
}

const portOrType = (row: SampleRow): string => `${row.proto} ${row.dst_port + row.icmp_type}`;
const distinct = (list: readonly SampleRow[], key: (row: SampleRow) => unknown): number => new Set(list.map(key)).size;

describe.each([
  { state: 'in the parts they came in', optimize: false },
  { state: 'merged', optimize: true },
])('with packets lost, $state, a window', ({ optimize }) => {
  beforeAll(async () => {
    if (!optimize) return;
    for (const table of ['sources_1h', 'ports_1h', 'drops'])
      await opened.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` });
  });

  describe.each(windows)('$name', ({ since, until, reach }) => {
    const fitting = rows.filter((row) => counts(row) && within(row.time, since, until));

    it('counts sources, and what they want by hours where packets are lost', async () => {
      const answer = await opened.store.topSources({ since, until, limit: 1000, wants: 5 });
      const expected = tally(fitting, (row) => row.src);
      expect(answer).toMatchObject({
        packets: fitting.length,
        strays: fitting.filter(isStray).length,
        groups: expected.size,
        reach,
      });
      expect(answer.rows).toHaveLength(expected.size);
      for (const { source, wants, ports, ...row } of answer.rows) {
        const own = expected.get(source) ?? [];
        expect(row).toMatchObject({
          ...facts(own),
          hosts: distinct(own, (r) => r.host),
          country: own[0]?.country,
          asn: own[0]?.asn,
        });
        const asked = [...tally(own, portOrType)].map(([name, list]) => ({ name, hours: distinct(list, (r) => hourOf(r.time)) }));
        expect(ports).toBe(asked.length);
        expect(wants).toHaveLength(Math.min(5, asked.length));
        const told = wants.map(({ proto, port, ...count }) => ({ name: `${proto} ${port}`, ...count }));
        const packets = [...tally(own, portOrType)].map(([name, list]) => ({ name, packets: list.length }));
        for (const want of told) expect('hours' in want ? asked : packets).toContainEqual(want);
        const most = asked.map(({ hours }) => hours).toSorted((a, b) => b - a);
        const listed = wants.flatMap((want) => ('hours' in want ? [want.hours] : []));
        expect(listed).toEqual(listed.length === 0 ? [] : most.slice(0, 5));
      }
    });

    it('counts countries and hosts', async () => {
      for (const row of (await opened.store.topCountries({ since, until, limit: 100 })).rows) {
        const own = fitting.filter((r) => r.country === row.country);
        expect(row).toMatchObject({ ...facts(own), sources: distinct(own, (r) => r.src), hosts: distinct(own, (r) => r.host) });
      }
      const hosts = await opened.store.topHosts({ since, until });
      expect(hosts).toMatchObject({ packets: fitting.length, groups: distinct(fitting, (r) => r.host), reach });
      for (const row of hosts.rows) {
        const own = fitting.filter((r) => r.host === row.host);
        expect(row).toMatchObject({ ...facts(own), sources: distinct(own, (r) => r.src), ports: distinct(own, portOrType) });
      }
    });

    it('counts ports, to the hour', async () => {
      const answer = await opened.store.topPorts({ since, until, limit: 10_000 });
      const expected = tally(fitting, (r) => `${r.proto} ${r.dst_port}`);
      expect(answer).toMatchObject({ packets: fitting.length, groups: expected.size, reach: 'hours' });
      for (const row of answer.rows) {
        const own = expected.get(`${row.proto} ${row.port}`) ?? [];
        expect(row).toMatchObject({
          packets: own.length,
          strays: own.filter(isStray).length,
          hosts: distinct(own, (r) => r.host),
        });
        expect(hourOf(row.first)).toBe(Math.min(...own.map((r) => hourOf(r.time))));
        expect(hourOf(row.last)).toBe(Math.max(...own.map((r) => hourOf(r.time))));
        expect(row.sources).toBe(distinct(own, (r) => r.src));
      }
    });

    it('counts the packets kept where only packets tell', async () => {
      const own = kept.filter((row) => counts(row) && row.time >= since && row.time < until);
      expect(await opened.store.topSources({ since, until, protos: ['TCP'] })).toMatchObject({
        packets: own.filter((row) => row.proto === 'TCP').length,
        reach: 'kept',
      });
      const { packets, reach: far } = await opened.store.topPrefixes({ since, until });
      expect({ packets, far }).toEqual({ packets: own.length, far: 'kept' });
    });
  });
});

describe.each<{ name: string; options: TopOptions; fits: (row: SampleRow) => boolean }>([
  {
    name: 'a network',
    options: { src: '203.0.0.0/25' },
    fits: (r) => counts(r) && /^203\.0\.0\.(\d{1,2}|1[01]\d|12[0-7])$/.test(r.src),
  },
  {
    name: 'a host and countries',
    options: { hosts: ['db'], countries: ['NL', ''] },
    fits: (r) => counts(r) && r.host === 'db' && ['NL', ''].includes(r.country),
  },
  { name: 'all directions and actions', options: { directions: [], actions: [] }, fits: () => true },
  {
    name: 'what goes out',
    options: { directions: ['out'] },
    fits: (r) => r.in_iface === '' && r.action !== 'allow' && r.action !== 'audit',
  },
])('a filter by $name', ({ options, fits }) => {
  it('chooses from the hourly history as from packets', async () => {
    const window = { since: start + 3 * hour + minute, until: start + 15 * hour + minute };
    const own = rows.filter((row) => fits(row) && within(row.time, window.since, window.until));
    const answer = await opened.store.topSources({ ...options, ...window, limit: 1000 });
    expect(answer).toMatchObject({
      packets: own.length,
      strays: own.filter(isStray).length,
      groups: distinct(own, (r) => r.src),
    });
    for (const row of answer.rows) expect(row).toMatchObject(facts(own.filter((r) => r.src === row.source)));
  });
});

describe('packets', () => {
  it('are known to be kept from two days after the oldest loading on, whatever was lost before', async () => {
    const since = start + 9 * 24 * hour + 10 * minute;
    const own = late.filter((row) => counts(row) && row.time >= since);
    const answer = await opened.store.topSources({ since, limit: 1000 });
    expect(answer).toMatchObject({ packets: own.length, reach: 'exact' });
    expect(answer.rows[0]?.wants[0]).toHaveProperty('packets');
    expect(await opened.store.topPorts({ since })).toMatchObject({ packets: own.length, reach: 'exact' });
    expect(await opened.store.topPrefixes({ since, actions: ['deny', 'unknown'] })).toMatchObject({
      packets: own.length,
      reach: 'exact',
    });
  });

  it('may be gone altogether', async () => {
    const bare = opened.another('bare');
    await bare.migrate();
    await bare.insertDrops({
      rows: rowText([plainRow, { ...plainRow, position: 2, time: plainRow.time + hour }]),
      loadedAt,
      token: 'a',
    });
    await opened.client.command({ query: 'TRUNCATE TABLE bare.drops' });
    const answer = await bare.topSources({ since: plainRow.time + 1, until: plainRow.time + hour });
    expect(answer).toMatchObject({ packets: 1, reach: 'hours' });
    expect(answer.rows[0]).toMatchObject({ source: plainRow.src, wants: [{ proto: 'TCP', port: 23, hours: 1 }] });
    expect(await bare.topPrefixes({})).toEqual({ rows: [], packets: 0, strays: 0, groups: 0, reach: 'kept' });
  });
});
