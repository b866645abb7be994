import { mkdirSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseFlow } from '../../src/host/conntrack.ts';
import { LocalTable, localRoutes, ownTest, parseInterfaceAddress, withInterface } from '../../src/host/own-addresses.ts';
import { parseNameserver } from '../../src/host/resolvers.ts';
import { parseIpv6Route, parseRoute } from '../../src/host/routes.ts';
import { parseSocket } from '../../src/host/sockets.ts';
import { readHost, type Reading } from '../../src/host/read-host.ts';
import { captured } from './captured.ts';
import { machineRoot } from './machine-root.ts';

const roots: string[] = [];
afterEach(() => roots.splice(0).forEach((root) => rmSync(root, { recursive: true })));

function rootOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = machineRoot(files);
  roots.push(root);
  return root;
}

const without = (...paths: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(captured).filter(([path]) => !paths.includes(path)));

const shown = ({ facts }: Reading) => ({
  addresses: facts.addresses.map((own) => `${own.address}/${own.bits} ${own.interface}/${own.prefix}`),
  gateways: facts.gateways,
  resolvers: facts.resolvers,
  listening: facts.listening.map(({ proto, address, port }) => `${proto} ${address} ${port}`),
  absent: facts.absent,
});

describe('the facts of a machine', () => {
  test('are all there', async () => {
    const reading = await readHost({ contacted: 'conntrack', root: rootOf(captured) });
    expect(shown(reading)).toEqual({
      addresses: [
        '198.18.7.1/32 va/24',
        '2001:db8:64::/64 va/64',
        '2001:db8:7::1/128 va/64',
        '203.0.113.64/28 /28',
        '203.0.113.7/32 /32',
        'fe80::98b1:3fff:fe18:cc45/128 va/64',
      ],
      gateways: ['198.18.7.2', '198.18.7.3', '2001:db8:7::2'],
      resolvers: ['192.0.2.53', '2001:db8::53'],
      listening: ['TCP 198.18.7.1 25', 'TCP :: 8022', 'UDP 2001:db8:7::1 53', 'UDP 0.0.0.0 51820'],
      absent: {},
    });
    expect(reading).toMatchObject({ method: 'conntrack', ephemeral: [32_768, 60_999] });
  });

  test('tell whom it contacted only where nobody there is connected to it at the same time', async () => {
    // in the capture, .2 was also connected to a service here
    const visitors = / dport=8022 /;
    const flows = (captured['/proc/net/nf_conntrack'] ?? '').split('\n');
    const quiet = { ...captured, '/proc/net/nf_conntrack': flows.filter((line) => !visitors.test(line)).join('\n') };
    const contacted = async (files: Record<string, string>): Promise<readonly string[]> =>
      (await readHost({ contacted: 'conntrack', root: rootOf(files) })).contacted.toSorted();
    expect(await contacted(captured)).toEqual([]);
    expect(await contacted(quiet)).toEqual(['198.18.7.2', '2001:db8:7::2']);
  });

  test('of a machine without IPv6 are whole', async () => {
    const six = ['/proc/net/if_inet6', '/proc/net/ipv6_route', '/proc/net/tcp6', '/proc/net/udp6'];
    const { facts } = await readHost({ contacted: 'conntrack', root: rootOf(without(...six)) });
    expect(facts.absent).toEqual({});
    expect(facts.gateways).toEqual(['198.18.7.2', '198.18.7.3']);
  });

  test.each([
    ['/proc/net/fib_trie', 'addresses'],
    ['/proc/net/route', 'gateways'],
    ['/etc/resolv.conf', 'resolvers'],
    ['/proc/net/tcp', 'listening'],
    ['/proc/net/udp', 'listening'],
    ['/proc/net/nf_conntrack', 'contacted'],
  ])('without %s leave out %s and say why', async (path, fact) => {
    const { facts } = await readHost({ contacted: 'conntrack', root: rootOf(without(path)) });
    expect(facts.absent).toEqual({ [fact]: expect.stringContaining(`${path} cannot be read (ENOENT)`) });
  });

  test('say why also where there is no file but something else', async () => {
    const root = rootOf(without('/proc/net/if_inet6'));
    mkdirSync(join(root, '/proc/net/if_inet6'));
    const { facts } = await readHost({ contacted: 'conntrack', root });
    expect(facts.absent).toEqual({ addresses: '/proc/net/if_inet6 cannot be read (EISDIR)' });
  });

  test('are found without connection tracking by the sockets, or not looked for', async () => {
    const lone = {
      ...captured,
      '/proc/net/nf_conntrack': '',
      '/proc/net/tcp6': (captured['/proc/net/tcp6'] ?? '').replaceAll(/.*:1F56 .*\n/g, ''),
    };
    const sockets = await readHost({ contacted: 'conntrack', root: rootOf(lone) });
    expect(sockets.contacted.toSorted()).toEqual(['198.18.7.2', '2001:db8:7::2']);
    expect(sockets.facts.absent.contacted).toMatch(/shows none .* only TCP connections/);
    expect(await readHost({ contacted: 'sockets', root: rootOf(lone) })).toMatchObject({
      method: 'sockets',
      contacted: sockets.contacted,
      facts: { absent: {} },
    });
    const none = await readHost({ contacted: 'none', root: rootOf(captured) });
    expect([none.method, none.contacted, Object.keys(none.facts.absent)]).toEqual(['none', [], ['contacted']]);
  });

  test('take no connection to a service that has just ended for one of ours', async () => {
    const ended = {
      ...captured,
      '/proc/net/nf_conntrack':
        'ipv4     2 tcp      6 99 ESTABLISHED src=198.18.7.1 dst=192.0.2.9 sport=2222 dport=50000 src=192.0.2.9 dst=198.18.7.1 sport=50000 dport=2222 mark=0\n',
    };
    const read = (lately: number) =>
      readHost({ contacted: 'conntrack', root: rootOf(ended), lately: (proto, port) => proto === 'TCP' && port === lately });
    expect((await read(1)).contacted).toEqual(['192.0.2.9']);
    expect((await read(2222)).contacted).toEqual([]);
  });

  test('are bounded', async () => {
    const many = Array.from({ length: 1500 }, (_, i) => `nameserver 10.0.${i >> 8}.${i & 255}\n`).join('');
    const { facts } = await readHost({ contacted: 'conntrack', root: rootOf({ ...captured, '/etc/resolv.conf': many }) });
    expect(facts.resolvers).toHaveLength(1000);
    expect(facts.absent.resolvers).toMatch(/more than 1000/);
  });
});

test('whatever a line holds, there is a fact in it or none', () => {
  const lines = Object.values(captured).flatMap((text) => text.split('\n'));
  const damaged = fc
    .tuple(fc.constantFrom(...lines), fc.nat(), fc.string({ maxLength: 8, unit: 'binary' }), fc.nat({ max: 40 }))
    .map(([line, at, text, cut]) => line.slice(0, at % (line.length + 1)) + text + line.slice((at % (line.length + 1)) + cut));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (line) => {
      const flow = parseFlow(line);
      const socket = parseSocket(line, 'TCP', true);
      const routes = [parseRoute(line, true), parseIpv6Route(line)].filter((route) => route !== null);
      const table = new LocalTable();
      for (const text of ['Main:', ' |-- 192.0.2.1', line, ' /32 host LOCAL']) table.line(text);
      const found = [
        ...(flow === null ? [] : [flow.original.src, flow.original.dst, flow.replyDst]),
        ...(socket === null ? [] : [socket.address, socket.remote]),
        ...routes.flatMap(({ network, gateway }) => [network, gateway ?? network]),
        ...table.networks.map(({ network }) => network),
        parseInterfaceAddress(line)?.address ?? '::',
        parseNameserver(line) ?? '::',
      ];
      expect(found.filter((address) => isIP(address) === 0)).toEqual([]);
      expect(routes.every(({ bits }) => bits >= 0 && bits <= 128)).toBe(true);
      ownTest([...withInterface(table.networks, routes), ...localRoutes(routes, [])])('192.0.2.9');
    }),
    { numRuns: 5000 },
  );
});

test('whatever the files hold, there are facts or none', async () => {
  const paths = Object.keys(captured);
  const original = (path: string): Buffer => Buffer.from(captured[path] ?? '');
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => () => Buffer.from(bytes)),
        fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat({ max: 40 })).map(
          ([at, bytes, cut]) =>
            (text: Buffer) =>
              Buffer.concat([text.subarray(0, at % text.length), bytes, text.subarray((at % text.length) + cut)]),
        ),
      ),
      async (path, change) => {
        const root = machineRoot({ ...captured, [path]: change(original(path)) });
        try {
          const { facts, contacted } = await readHost({ contacted: 'conntrack', root });
          expect(facts.addresses.every(({ bits, prefix }) => bits <= 128 && prefix <= 128)).toBe(true);
          expect(facts.listening.every(({ port }) => port >= 0 && port <= 65_535)).toBe(true);
          expect(contacted.every((address) => /^[0-9a-f.:]+$/.test(address))).toBe(true);
        } finally {
          rmSync(root, { recursive: true });
        }
      },
    ),
    { numRuns: 50 },
  );
});
