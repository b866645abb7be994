import { describe, expect, test } from 'vitest';
import { LocalTable, localRoutes, ownTest, parseInterfaceAddress, withInterface } from '../../src/host/own-addresses.ts';
import { captured } from './captured.ts';

const networksOf = (text: string): unknown[] => {
  const table = new LocalTable();
  for (const line of text.split('\n')) table.line(line);
  return table.networks.map(({ network, bits }) => `${network}/${bits}`);
};

describe('what is delivered here', () => {
  test('is in the local table, each once, without loopback', () => {
    expect(networksOf(captured['/proc/net/fib_trie'] ?? '')).toEqual(['198.18.7.1/32', '203.0.113.7/32', '203.0.113.64/28']);
  });

  test.each([
    ['an address of a VRF', 'Id 10:\n  |-- 192.0.2.7\n     /32 host LOCAL\n', ['192.0.2.7/32']],
    ['everything, to a transparent proxy', 'Id 100:\n  |-- 0.0.0.0\n     /0 host LOCAL\n', []],
    ['a range, to a transparent proxy', 'Id 100:\n  |-- 192.0.2.0\n     /24 host LOCAL\n', []],
    ['everything, of the main table', 'Main:\n  |-- 0.0.0.0\n     /0 host LOCAL\n', []],
    [
      'several routes of one network',
      'Main:\n  |-- 192.0.2.7\n     /24 link UNICAST\n     /32 host LOCAL tos=1\n',
      ['192.0.2.7/32'],
    ],
    ['no address', 'Main:\n  |-- 192.0.2.777\n     /32 host LOCAL\n', []],
    ['a length that is none', 'Main:\n  |-- 192.0.2.7\n     /33 host LOCAL\n', []],
    ['a network without its leaf', '     /32 host LOCAL\n', []],
  ])('%s', (_, text, networks) => {
    expect(networksOf(text)).toEqual(networks);
  });
});

test.each([
  ['20010db8000700000000000000000001 02 40 00 82       va', { address: '2001:db8:7::1', bits: 128, prefix: 64, interface: 'va' }],
  [
    '20010db800070000abcdabcdabcdabcd 02 40 00 01       va',
    { address: '2001:db8:7:0:abcd:abcd:abcd:abcd', bits: 128, prefix: 64, interface: 'va' },
  ],
  ['00000000000000000000000000000001 01 80 10 80       lo', null],
  ['20010db8000700000000000000000001 02 81 00 82       va', null],
  ['20010db8000700000000000000000001 02 40 00 82', null],
  ['', null],
])('%s', (line, address) => {
  expect(parseInterfaceAddress(line)).toEqual(address);
});

test('an IPv4 address has the interface and the prefix of the longest link it lies in', () => {
  const link = (network: string, bits: number, name: string, gateway: string | null = null) => ({
    network,
    bits,
    gateway,
    interface: name,
    local: false,
  });
  const routes = [
    link('0.0.0.0', 0, 'tun0'),
    link('192.0.0.0', 16, 'eth1'),
    link('192.0.2.0', 24, 'eth0'),
    link('198.51.100.0', 24, 'eth0', '192.0.2.1'),
  ];
  const networks = ['192.0.2.7', '192.0.3.7', '198.51.100.7'].map((network) => ({ network, bits: 32 }));
  expect(withInterface(networks, routes).map((own) => [own.address, own.interface, own.prefix])).toEqual([
    ['192.0.2.7', 'eth0', 24],
    ['192.0.3.7', 'eth1', 16],
    ['198.51.100.7', '', 32],
  ]);
});

test('IPv6 local routes that are no address of an interface are own, too', () => {
  const route = (network: string, bits: number, local = true) => ({ network, bits, gateway: null, interface: 'va', local });
  const known = [{ address: '2001:db8::1', bits: 128, prefix: 64, interface: 'va' }];
  const routes = [
    route('2001:db8::1', 128),
    route('2001:db8:64::', 64),
    route('::', 0),
    route('::1', 128),
    route('2001:db8:65::', 64, false),
  ];
  expect(localRoutes(routes, known)).toEqual([{ address: '2001:db8:64::', bits: 64, prefix: 64, interface: 'va' }]);
});

test('an address is own when it is one of them or lies in one of the ranges', () => {
  const own = ownTest([
    { address: '192.0.2.7', bits: 32, prefix: 24, interface: '' },
    { address: '203.0.113.64', bits: 28, prefix: 28, interface: '' },
    { address: '2001:db8:64::', bits: 64, prefix: 64, interface: '' },
  ]);
  const asked = ['192.0.2.7', '192.0.2.8', '203.0.113.79', '203.0.113.80', '2001:db8:64::1', '2001:db8:65::1'];
  expect(asked.map(own)).toEqual([true, false, true, false, true, false]);
});
