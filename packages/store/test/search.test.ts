import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchOptions, StoredPacket } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { counts, directionOf, isStray, plainRow, rowText, sampleRows, type SampleRow } from './sample-rows.ts';

const start = Date.parse('2026-11-20T08:30:00.000Z');
const rows = sampleRows({ seed: 5, count: 3000, start, hours: 20 });
const loadedAt = Date.parse('2026-11-21T12:00:00.000Z');
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
  await opened.store.insertDrops({ rows: rowText(rows), loadedAt, token: 'a' });
}, 60_000);
afterAll(async () => await opened.close());

async function collect(options: SearchOptions): Promise<StoredPacket[]> {
  const found: StoredPacket[] = [];
  for await (const packet of opened.store.search(options)) found.push(packet);
  return found;
}

function stored({ position: _position, ...row }: SampleRow): StoredPacket {
  return {
    ...row,
    loaded_at: loadedAt,
    direction: directionOf({ position: 0, ...row }),
    stray: isStray({ position: 0, ...row }),
  };
}

const order = (packet: StoredPacket | SampleRow): string =>
  JSON.stringify(
    packet,
    Object.keys(packet).toSorted((a, b) => (a < b ? -1 : 1)),
  );

describe('search', () => {
  it('gives every column back as it was stored', async () => {
    const found = await collect({ directions: [], actions: [], limit: 10_000 });
    expect(found.map(order).sort()).toEqual(rows.map(stored).map(order).sort());
  });

  it('gives the newest first, and no more than asked for', async () => {
    const found = await collect({ limit: 50 });
    const newest = rows
      .filter(counts)
      .map((r) => r.time)
      .sort((a, b) => b - a)
      .slice(0, 50);
    expect(found.map((packet) => packet.time)).toEqual(newest);
    expect(await collect({})).toHaveLength(100);
  });

  it.each<{ name: string; options: SearchOptions; fits: (row: SampleRow) => boolean }>([
    { name: 'a source', options: { src: '203.0.0.7' }, fits: (r) => r.src === '203.0.0.7' },
    {
      name: 'a port since a moment',
      options: { ports: [23], since: start + 5_000_000 },
      fits: (r) => r.dst_port === 23 && r.time >= start + 5_000_000,
    },
    { name: 'a prefix', options: { prefixes: ['UFW BLOCK'] }, fits: (r) => r.prefix === 'UFW BLOCK' },
    { name: 'nothing', options: { hosts: ['nobody'] }, fits: () => false },
  ])('finds $name', async ({ options, fits }) => {
    const found = await collect({ ...options, limit: 10_000 });
    expect(found).toHaveLength(rows.filter((r) => counts(r) && fits(r)).length);
  });

  it('keeps hostile text as it is', async () => {
    const hostile = [
      "'; DROP TABLE drops; --",
      '\\',
      '\\N',
      '\t\n\r\b\f\0',
      '{x:String}',
      '<script>',
      '\u001b[2J',
      'ü😀',
      '%s%n',
      'x'.repeat(100_000),
    ];
    const bad = hostile.map((text, index) => ({
      ...plainRow,
      time: start + index,
      host: 'hostile',
      prefix: text,
      extra: text,
      in_iface: text,
    }));
    await opened.store.insertDrops({ rows: rowText(bad), loadedAt, token: 'hostile' });
    const found = await collect({ hosts: ['hostile'] });
    expect(found.map((packet) => packet.prefix).toReversed()).toEqual(hostile);
    expect(found.map((packet) => packet.extra).toReversed()).toEqual(hostile);
    for (const [index, text] of hostile.slice(0, -1).entries()) {
      expect((await collect({ hosts: ['hostile'], prefixes: [text] })).map((packet) => packet.time)).toEqual([start + index]);
    }
  });

  it('keeps bytes that are no UTF-8 apart', async () => {
    const text = Buffer.from(rowText([{ ...plainRow, host: 'bytes', prefix: '##' }]));
    text.set([0xff, 0xfe], text.indexOf('##'));
    await opened.store.insertDrops({ rows: text, loadedAt, token: 'bytes' });
    expect(await opened.value("SELECT hex(prefix) FROM drops WHERE host = 'bytes'")).toBe('FFFE');
    expect(await collect({ hosts: ['bytes'] })).toHaveLength(1);
  });

  it('keeps addresses of both families and times at the borders', async () => {
    const edge = [
      { ...plainRow, host: 'edge', src: '0.0.0.0', time: 946_684_800_000 },
      { ...plainRow, host: 'edge', src: '255.255.255.255', time: 946_684_800_001 },
      { ...plainRow, host: 'edge', src: '::', time: 4_102_444_800_000 },
      { ...plainRow, host: 'edge', src: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', time: 4_102_444_800_001 },
      { ...plainRow, host: 'edge', src: '::1.2.3.4', dst: '::ffff:1.2.3.4', time: 4_102_444_800_002 },
    ];
    await opened.store.insertDrops({ rows: rowText(edge), loadedAt, token: 'edge' });
    const found = await collect({ hosts: ['edge'] });
    expect(found.map(({ src, dst, time }) => ({ src, dst, time })).toReversed()).toEqual(
      edge.map(({ src, dst, time }) => ({ src, dst: dst.replace('::ffff:', ''), time })),
    );
  });

  it('ends its query when the caller has seen enough', async () => {
    let seen = 0;
    for await (const packet of opened.store.search({ limit: 10_000, directions: [], actions: [] })) {
      seen += 1;
      if (packet.time > 0) break;
    }
    expect(seen).toBe(1);
  });

  it('answers keys of extra by name', async () => {
    const extra =
      'MAC=52:54:00:aa TOS=0x10 PREC=0x00 MARK=0x1 UID=7 GID=8 SEQ=11 ACK=12 PHYSIN=eth1 PHYSOUT=eth2 [SRC=10.0.0.1 DST=10.0.0.2 TOS=0x99 PROTO=UDP SPT=53 DPT=9 ]';
    await opened.store.insertDrops({ rows: rowText([{ ...plainRow, host: 'alias', extra }]), loadedAt, token: 'alias' });
    expect(
      await opened.rows(
        "SELECT mac, tos, mark, uid, gid, seq, ack, phys_in, phys_out, inner_src, inner_dst, inner_proto, inner_src_port, inner_dst_port FROM drops WHERE host = 'alias'",
      ),
    ).toEqual([
      {
        mac: '52:54:00:aa',
        tos: '0x10',
        mark: '0x1',
        uid: '7',
        gid: '8',
        seq: '11',
        ack: '12',
        phys_in: 'eth1',
        phys_out: 'eth2',
        inner_src: '10.0.0.1',
        inner_dst: '10.0.0.2',
        inner_proto: 'UDP',
        inner_src_port: '53',
        inner_dst_port: '9',
      },
    ]);
  });
});
