import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type OpenedStore } from './opened-store.ts';
import { directionOf, isStray, rowText, sampleRows, type SampleRow } from './sample-rows.ts';

const start = Date.parse('2025-11-20T00:00:00.000Z');
const hour = 3_600_000;
const rows = sampleRows({ seed: 23, count: 6000, start, hours: 24 * 365 });
let opened: OpenedStore;

beforeAll(async () => {
  opened = await openStore();
  const loadedAt = Date.parse('2026-11-21T12:00:00.000Z');
  // several parts that hold packets of the same hours
  for (let part = 0; part < 3; part += 1) {
    const own = rows.filter((_, index) => index % 3 === part);
    await opened.store.insertDrops({ rows: rowText(own), loadedAt: loadedAt + part * 1000, token: `part-${part}` });
  }
}, 60_000);
afterAll(async () => await opened.close());

const targets: { target: string; fits: (row: SampleRow) => boolean }[] = [
  { target: '203.0.0.7', fits: (r) => r.src === '203.0.0.7' },
  { target: '203.0.0.0/24', fits: (r) => r.src.startsWith('203.0.0.') },
  { target: '2001:db8:1::1', fits: (r) => r.src === '2001:db8:1::1' },
  { target: '2001:db8::/32', fits: (r) => r.src.startsWith('2001:db8:') },
  { target: '0.0.0.0/0', fits: (r) => !r.src.includes(':') },
  { target: '::/0', fits: () => true },
];

function shares(
  list: readonly SampleRow[],
  key: (row: SampleRow) => string | number,
): { name: string | number; packets: number }[] {
  const map = new Map<string | number, number>();
  for (const row of list) map.set(key(row), (map.get(key(row)) ?? 0) + 1);
  return [...map].map(([name, packets]) => ({ name, packets }));
}

const portKey = (r: SampleRow): string => `${r.proto} ${r.proto.startsWith('ICMP') ? r.icmp_type : r.dst_port}`;

describe.each(targets)('source $target', ({ target, fits }) => {
  const own = rows.filter(fits);

  it('is told as counting by hand tells it', async () => {
    const dossier = await opened.store.source(target, { limit: 1000 });
    const times = own.map((r) => r.time);
    expect(dossier).toMatchObject({
      target,
      packets: own.length,
      strays: own.filter(isStray).length,
      denied: own.filter((r) => r.action === 'deny' || r.action === 'unknown').length,
      first: Math.min(...times),
      last: Math.max(...times),
      hours: new Set(times.map((time) => Math.floor(time / hour))).size,
      addresses: new Set(own.map((r) => r.src)).size,
      ports: new Set(own.map(portKey)).size,
    });
    expect(dossier.hosts).toEqual(expect.arrayContaining(shares(own, (r) => r.host)));
    expect(dossier.countries).toEqual(expect.arrayContaining(shares(own, (r) => r.country)));
    expect(dossier.asns).toEqual(expect.arrayContaining(shares(own, (r) => r.asn)));
    expect(dossier.directions).toEqual(expect.arrayContaining(shares(own, directionOf)));
    expect(dossier.actions).toEqual(expect.arrayContaining(shares(own, (r) => r.action)));
    expect(dossier.hosts.map((share) => share.packets)).toEqual(
      dossier.hosts.map((share) => share.packets).toSorted((a, b) => b - a),
    );
  });

  it('has a series without holes that adds up', async () => {
    const { series } = await opened.store.source(target);
    expect(series.packets.reduce((sum, packets) => sum + packets, 0)).toBe(own.length);
    for (const [index, packets] of series.packets.entries()) {
      const from = series.start + index * series.bucketMs;
      expect(packets).toBe(own.filter((r) => r.time >= from && r.time < from + series.bucketMs).length);
    }
  });

  it('names its ports by the hours they were asked for in', async () => {
    const { wants } = await opened.store.source(target, { limit: 1000 });
    const cells = new Set(own.map((r) => [portKey(r), Math.floor(r.time / hour)].join('|')));
    expect(wants).toHaveLength(Math.min(1000, new Set(own.map(portKey)).size));
    for (const want of wants) {
      const key = `${want.proto} ${want.port}`;
      expect(want.hours).toBe([...cells].filter((cell) => cell.startsWith(`${key}|`)).length);
    }
  });

  it('looks at the raw rows of the last hours it was seen in', async () => {
    const { recent } = await opened.store.source(target, { limit: 1000 });
    const hours = [...new Set(own.map((r) => Math.floor(r.time / hour)))].sort((a, b) => b - a).slice(0, 24);
    const list = own.filter((r) => hours.includes(Math.floor(r.time / hour)));
    const tcp = list.filter((r) => r.proto === 'TCP');
    expect(recent).toMatchObject({
      packets: list.length,
      since: Math.min(...list.map((r) => r.time)),
      tcp: tcp.length,
      synOnly: tcp.filter((r) => r.tcp_flags === 2).length,
      ttlMin: Math.min(...list.map((r) => r.ttl)),
      ttlMax: Math.max(...list.map((r) => r.ttl)),
      destinations: new Set(list.map((r) => r.dst)).size,
    });
    const asked = shares(list, portKey);
    expect(recent?.ports).toHaveLength(Math.min(1000, asked.length));
    for (const { proto, port, packets } of recent?.ports ?? [])
      expect(asked).toContainEqual({ name: `${proto} ${port}`, packets });
    const counts = recent?.ports.map(({ packets }) => packets) ?? [];
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(recent?.windows).toEqual(expect.arrayContaining(shares(tcp, (r) => r.window)));
    expect(recent?.flags).toEqual(
      expect.arrayContaining(
        shares(tcp, (r) => r.tcp_flags)
          .sort((a, b) => b.packets - a.packets)
          .slice(0, 4),
      ),
    );
  });
});

describe.each(['203.0.0.7', '2001:db8:1::1'])('around the address %s', (target) => {
  it('counts the others of its /24 or /64', async () => {
    const { neighbours, members } = await opened.store.source(target, { limit: 1000 });
    const around = target.includes(':') ? '2001:db8:1::' : '203.0.0.';
    const others = rows.filter((r) => r.src !== target && r.src.startsWith(around));
    expect(members).toEqual([]);
    expect(neighbours).toMatchObject({
      network: target.includes(':') ? '2001:db8:1::/64' : '203.0.0.0/24',
      addresses: new Set(others.map((r) => r.src)).size,
      packets: others.length,
    });
    expect(neighbours?.top.reduce((sum, one) => sum + one.packets, 0)).toBe(others.length);
  });
});

describe.each(['203.0.0.0/24', '2001:db8::/32'])('in the network %s', (target) => {
  it('lists the addresses that were seen', async () => {
    const { neighbours, members } = await opened.store.source(target, { limit: 1000 });
    const own = rows.filter((r) => r.src.startsWith(target.includes(':') ? '2001:db8:' : '203.0.0.'));
    expect(neighbours).toBeNull();
    expect(new Set(members.map((member) => member.address))).toEqual(new Set(own.map((r) => r.src)));
    for (const { address, packets } of members) expect(packets).toBe(own.filter((r) => r.src === address).length);
  });
});

describe('source', () => {
  it('knows nothing of who never came', async () => {
    expect(await opened.store.source('192.0.2.1')).toMatchObject({
      target: '192.0.2.1',
      packets: 0,
      hosts: [],
      recent: null,
      neighbours: null,
    });
  });

  it('keeps to a window', async () => {
    const since = start + 100 * 24 * hour;
    const until = start + 200 * 24 * hour;
    const own = rows.filter((r) => r.src === '203.0.0.7' && r.time >= since && r.time < until);
    expect(await opened.store.source('203.0.0.7', { since, until })).toMatchObject({ packets: own.length });
  });

  it('survives the raw rows: a year is told by the hourly history alone', async () => {
    const before = await opened.store.source('203.0.0.7');
    await opened.client.command({ query: 'TRUNCATE TABLE drops' });
    expect(await opened.store.source('203.0.0.7')).toEqual({ ...before, recent: null });
  });
});
