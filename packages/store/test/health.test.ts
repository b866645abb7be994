import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status, Undercount } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

const noon = Date.parse('2026-11-21T12:00:00.000Z');
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

const hostile = "it's \\ a\ttab\nand \0 {x:String} — 'quoted'";
const undercounts: Undercount[] = [
  { stream: '18446744073709551615', epoch: '1', position: 10, time: noon, host: 'web-1', cause: 'net-ratelimit', count: 5 },
  {
    stream: '18446744073709551615',
    epoch: '1',
    position: 20,
    time: noon + 1000,
    host: 'web-1',
    cause: 'net-ratelimit',
    count: 7,
  },
  { stream: '18446744073709551615', epoch: '1', position: 20, time: noon + 1000, host: 'web-1', cause: 'kmsg-overrun', count: 0 },
  { stream: '2', epoch: '1', position: 20, time: noon - 5000, host: hostile, cause: 'kmsg-overrun', count: 3 },
];

describe('undercount', () => {
  it('is nothing at first', async () => {
    expect(await opened.store.undercount()).toEqual([]);
    expect(await opened.store.statuses()).toEqual([]);
  });

  it('counts the same news once, however often it comes', async () => {
    await opened.store.insertUndercounts([]);
    await opened.store.insertUndercounts(undercounts);
    await opened.store.insertUndercounts(undercounts.slice(1));
    await opened.store.insertUndercounts(undercounts);
    expect(await opened.store.undercount()).toEqual([
      { cause: 'net-ratelimit', events: 2, missing: 12, unknown: 0, first: noon, last: noon + 1000 },
      { cause: 'kmsg-overrun', events: 2, missing: 3, unknown: 1, first: noon - 5000, last: noon + 1000 },
    ]);
  });

  it('keeps to a window and to hosts, whatever they are called', async () => {
    expect(await opened.store.undercount({ since: noon, until: noon + 1 })).toMatchObject([
      { cause: 'net-ratelimit', missing: 5 },
    ]);
    expect(await opened.store.undercount({ hosts: [hostile] })).toMatchObject([{ cause: 'kmsg-overrun', events: 1, missing: 3 }]);
    expect(await opened.store.undercount({ hosts: ['nobody'] })).toEqual([]);
  });
});

describe('statuses', () => {
  const status: Status = {
    stream: '9007199254740993',
    epoch: '1',
    position: 100,
    time: noon,
    host: 'web-1',
    source: '/var/log/kern.log',
    lines: 50,
    records: 40,
    rejected: { arp: 3, 'not-netfilter': 7 },
  };

  it('tells the last words of each stream and sums its epochs, in whatever order they came', async () => {
    await opened.store.insertStatuses([status]);
    await opened.store.insertStatuses([
      { ...status, position: 300, time: noon + 2000, lines: 90, records: 75, rejected: { arp: 5, "it's": 10 } },
    ]);
    await opened.store.insertStatuses([{ ...status, position: 200, time: noon + 1000, lines: 70 }, status]);
    await opened.store.insertStatuses([
      { ...status, epoch: '2', position: 7, time: noon + 9000, lines: 10, records: 10, rejected: {} },
    ]);
    await opened.store.insertStatuses([{ ...status, stream: '1', source: hostile, rejected: { [hostile]: 1 } }]);
    const answer = await opened.store.statuses();
    expect(answer).toHaveLength(2);
    expect(answer).toContainEqual({
      stream: '9007199254740993',
      host: 'web-1',
      source: '/var/log/kern.log',
      epochs: 2,
      lines: 100,
      records: 85,
      rejected: { arp: 5, "it's": 10 },
      time: noon + 9000,
      position: 7,
    });
    expect(answer).toContainEqual(expect.objectContaining({ stream: '1', source: hostile, rejected: { [hostile]: 1 } }));
  });
});

describe('overview', () => {
  it('counts packets, sources and hosts since a moment', async () => {
    expect(await opened.store.overview(noon + 60_000)).toEqual({
      packets: 0,
      denied: 0,
      sources: 0,
      hosts: [],
      undercount: { missing: 0, unknown: 0 },
    });
    const rows = [
      { ...plainRow, time: noon },
      { ...plainRow, time: noon + 5, src: '192.0.2.1' },
      { ...plainRow, time: noon + 9, host: 'db', action: 'allow' as const },
      { ...plainRow, time: noon - 1 },
    ];
    const hour = 3_600_000;
    await opened.store.insertDrops({ rows: rowText(rows), loadedAt: noon, token: 'overview' });
    expect(await opened.store.overview(noon)).toEqual({
      packets: 3,
      denied: 2,
      sources: 2,
      hosts: [
        { host: 'db', packets: 1, denied: 0, last: noon + 9 },
        { host: 'web-1', packets: 2, denied: 2, last: noon + 5 },
      ],
      undercount: { missing: 12, unknown: 1 },
    });
    // a moment that cuts an hour, whole hours, and both
    const all = { packets: 4, denied: 3, sources: 2 };
    expect(await opened.store.overview(noon + 6)).toMatchObject({ packets: 1, denied: 0, sources: 1 });
    expect(await opened.store.overview(Math.floor(noon / hour) * hour - hour)).toMatchObject(all);
    expect(await opened.store.overview(Math.floor(noon / hour) * hour - 1)).toMatchObject(all);
  });

  it('tells how large the tables are', async () => {
    const sizes = await opened.store.tableSizes();
    expect(sizes.map((size) => size.table)).toEqual([
      'contacted',
      'drops',
      'hosts',
      'ledger',
      'migrations',
      'ports_1h',
      'sources_1h',
      'status',
      'undercount',
    ]);
    expect(sizes.find((size) => size.table === 'drops')).toMatchObject({ rows: 4 });
    expect(sizes.find((size) => size.table === 'ledger')).toEqual({ table: 'ledger', rows: 0, bytes: 0, parts: 0 });
  });
});
