import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostInsert } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

const noon = Date.now() - 6 * 3_600_000;
const minute = 60_000;
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

const facts: HostInsert['facts'] = {
  addresses: [
    { address: '198.18.7.1', bits: 32, prefix: 24, interface: 'eth0' },
    { address: '203.0.113.64', bits: 28, prefix: 28, interface: '' },
    { address: '2001:db8:7::1', bits: 128, prefix: 64, interface: 'e\'\\\t"{x:String}' },
  ],
  gateways: ['198.18.7.2', 'fe80::1'],
  resolvers: ['2001:db8::53'],
  listening: [
    { proto: 'TCP', address: '0.0.0.0', port: 22 },
    { proto: 'UDP', address: '::', port: 53 },
  ],
  absent: { contacted: '/proc/net/nf_conntrack cannot be read (EACCES)' },
};
const row: HostInsert = { host: 'web-1', since: noon, time: noon, facts, contacted: [] };
const withPorts = (...ports: number[]): HostInsert['facts'] => ({
  ...facts,
  listening: ports.map((port) => ({ proto: 'TCP', address: '::', port })),
});

describe('hosts', () => {
  it('are none at first', async () => {
    await opened.store.insertHosts([]);
    expect(await opened.store.hosts()).toEqual([]);
    expect(await opened.store.contacted()).toEqual([]);
  });

  it('say again what they said, however often it comes', async () => {
    await opened.store.insertHosts([row]);
    await opened.store.insertHosts([row, row]);
    await opened.store.insertHosts([{ ...row, time: noon + 60 * minute }]);
    expect(await opened.store.hosts()).toEqual([{ host: 'web-1', since: noon, time: noon + 60 * minute, ...facts }]);
    expect(await opened.value('SELECT count() FROM hosts FINAL')).toBe(1);
  });

  it('know what was open at a moment, and what is now', async () => {
    const began = noon + 90 * minute;
    await opened.store.insertHosts([{ ...row, since: began, time: began, facts: withPorts(22, 8080) }]);
    await opened.store.insertHosts([{ ...row, host: '\0"\\', since: began + 1, time: began + 1, facts: withPorts() }]);
    const ports = async (at?: number): Promise<unknown[]> =>
      (await opened.store.hosts({ at })).map(({ host, listening }) => [host, ...listening.map(({ port }) => port)]);
    expect(await ports(noon - 1)).toEqual([]);
    expect(await ports(began - 1)).toEqual([['web-1', 22, 53]]);
    expect(await ports(began)).toEqual([['web-1', 22, 8080]]);
    expect(await ports()).toEqual([['\0"\\'], ['web-1', 22, 8080]]);
  });

  it('are asked packet by packet whether the port was open then', async () => {
    const at = noon + 90 * minute;
    const packets = [
      { ...plainRow, host: 'web-1', dst_port: 8080, time: at - 1 },
      { ...plainRow, host: 'web-1', dst_port: 8080, time: at + 1 },
      { ...plainRow, host: 'web-1', dst_port: 23, time: at + 1 },
      { ...plainRow, host: 'unknown', dst_port: 22, time: at + 1 },
    ];
    await opened.store.insertDrops({ rows: rowText(packets), loadedAt: Date.now(), token: 'asked' });
    const answers = await opened.rows(
      `SELECT dst_port, d.host AS host, arrayExists(p -> p.proto = 'TCP' AND p.port = dst_port, h.listening) AS open
       FROM drops AS d ASOF LEFT JOIN (SELECT * FROM hosts FINAL) AS h ON d.host = h.host AND d.time >= h.since ORDER BY d.time, dst_port, host`,
    );
    expect(answers).toEqual([
      { dst_port: 8080, host: 'web-1', open: 0 },
      { dst_port: 22, host: 'unknown', open: 0 },
      { dst_port: 23, host: 'web-1', open: 0 },
      { dst_port: 8080, host: 'web-1', open: 1 },
    ]);
  });

  it('of which a clock was wrong for a while count as last told', async () => {
    const ahead = Date.now() + 3_600_000;
    await opened.store.insertHosts([{ ...row, host: 'ahead', since: ahead, time: ahead, facts: withPorts(1) }]);
    await opened.store.insertHosts([{ ...row, host: 'ahead', since: noon, time: noon, facts: withPorts(2) }]);
    expect((await opened.store.hosts()).find(({ host }) => host === 'ahead')?.listening[0]?.port).toBe(2);
  });

  it('are refused as a whole when one of them cannot be stored', async () => {
    const wrong = { ...row, host: 'wrong', facts: { ...facts, gateways: ['nowhere'] } };
    await expect(opened.store.insertHosts([wrong])).rejects.toMatchObject({ disposition: 'discard' });
  });
});

describe('contacted', () => {
  it('keeps the last time of each remote by each host', async () => {
    const told = (host: string, address: string, last: number): HostInsert => ({ ...row, host, contacted: [{ address, last }] });
    await opened.store.insertHosts([
      told('web-1', '192.0.2.9', noon + 5),
      told('db', '192.0.2.9', noon + 7),
      told('db', '2001:db8::9', noon),
    ]);
    await opened.store.insertHosts([told('web-1', '192.0.2.9', noon + 9), told('web-1', '192.0.2.9', noon + 6)]);
    expect(await opened.store.contacted()).toEqual([
      { address: '192.0.2.9', hosts: ['db', 'web-1'], last: noon + 9 },
      { address: '2001:db8::9', hosts: ['db'], last: noon },
    ]);
    expect(await opened.store.contacted({ since: noon + 8 })).toEqual([
      { address: '192.0.2.9', hosts: ['web-1'], last: noon + 9 },
    ]);
  });
});
