import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type OpenedStore } from './opened-store.ts';
import { counts, isStray, rowText, sampleRows, type SampleRow } from './sample-rows.ts';

const start = Date.parse('2026-11-20T08:30:00.000Z');
const rows = sampleRows({ seed: 7, count: 4000, start, hours: 30 });
const loadedAt = Date.parse('2026-11-21T12:00:00.000Z');
let opened: OpenedStore;

beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

describe('Store', () => {
  it('answers a ping', async () => {
    await expect(opened.store.ping()).resolves.toBeUndefined();
  });

  it('stores a batch once per token in raw and rollup tables', async () => {
    for (let turn = 0; turn < 3; turn += 1) await opened.store.insertDrops({ rows: rowText(rows), loadedAt, token: 'a' });
    expect(await opened.value('SELECT count() FROM drops')).toBe(rows.length);
    expect(await opened.value('SELECT sum(packets) FROM sources_1h')).toBe(rows.length);
    expect(await opened.value('SELECT sum(packets) FROM ports_1h')).toBe(rows.length);
  });

  it('keeps a ledger that says what is covered', async () => {
    const [one, two, other] = [
      { stream: '18446744073709551615', epoch: '1', first: 1, last: 100, rows: 3 },
      { stream: '18446744073709551615', epoch: '1', first: 101, last: 200, rows: 0 },
      { stream: '18446744073709551615', epoch: '2', first: 1, last: 50, rows: 5 },
    ] as const;
    const ranges = [one, two, other];
    for (let turn = 0; turn < 2; turn += 1) await opened.store.insertLedger({ ranges, loadedAt, token: 'a', source: 'test' });
    expect(await opened.store.covered([{ ...one, first: 150, last: 400 }])).toEqual([two]);
    expect(await opened.store.covered([{ ...one, first: 100, last: 101 }])).toEqual([one, two]);
    expect(await opened.store.covered([{ ...one, first: 100, last: 101 }], 'a')).toEqual([]);
    expect(await opened.store.covered([{ ...one, epoch: '3' }])).toEqual([]);
    expect(await opened.store.hasToken('a')).toBe(true);
    expect(await opened.store.hasToken('b')).toBe(false);
    expect(await opened.value('SELECT count() FROM ledger')).toBe(3);
  });

  it('answers top sources as counting by hand does', async () => {
    const counted = rows.filter(counts);
    const bySource = new Map<string, SampleRow[]>();
    for (const row of counted) bySource.set(row.src, [...(bySource.get(row.src) ?? []), row]);
    const answer = await opened.store.topSources({ limit: 20 });
    expect(answer.packets).toBe(counted.length);
    expect(answer.groups).toBe(bySource.size);
    expect(answer.strays).toBe(counted.filter(isStray).length);
    expect(answer.rows.map((row) => row.packets)).toEqual(
      [...bySource.values()]
        .map((list) => list.length)
        .sort((a, b) => b - a)
        .slice(0, 20),
    );
    for (const row of answer.rows) {
      const own = bySource.get(row.source)!;
      expect(row).toMatchObject({
        packets: own.length,
        strays: own.filter(isStray).length,
        country: own.at(0)!.country,
        asn: own.at(0)!.asn,
        hosts: new Set(own.map((r) => r.host)).size,
        // an ICMP type counts as a port, as it does in the hourly history
        ports: new Set(own.map((r) => `${r.proto} ${r.dst_port + r.icmp_type}`)).size,
        first: Math.min(...own.map((r) => r.time)),
        last: Math.max(...own.map((r) => r.time)),
      });
    }
  });
});
