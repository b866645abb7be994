import { expect, test } from 'vitest';
import { parseIpv6Route, parseRoute } from '../../src/host/routes.ts';

test.each([
  [
    'va\t00000000\t020712C6\t0003\t0\t0\t0\t00000000\t0\t0\t0   ',
    { network: '0.0.0.0', bits: 0, gateway: '198.18.7.2', interface: 'va' },
  ],
  [
    'va\t0000090A\t030712C6\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0',
    { network: '10.9.0.0', bits: 16, gateway: '198.18.7.3', interface: 'va' },
  ],
  [
    'va\t000712C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    { network: '198.18.7.0', bits: 24, gateway: null, interface: 'va' },
  ],
])('%s is a route', (line, route) => {
  expect(parseRoute(line, true)).toEqual({ ...route, local: false });
});

test.each([
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  '*\t0000420A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0', // unreachable
  'va\t00000000\t020712C6\t0002\t0\t0\t0\t00000000\t0\t0\t0', // down
  'va\t00000000\t020712C6\t0003\t0\t0\t0\t00FF00FF\t0\t0\t0', // no prefix
  'va\t00000000\t020712C6\t3',
  '',
])('%s is none', (line) => {
  expect(parseRoute(line, true)).toBeNull();
});

const zeros = '0'.repeat(32);
test.each([
  [
    `${zeros} 00 ${zeros} 00 20010db8000700000000000000000002 00000400 00000001 00000000 00000003       va`,
    ['::', 0, '2001:db8:7::2', false],
  ],
  [
    `20010db8000700000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000003 00000000 00000001       va`,
    ['2001:db8:7::', 64, null, false],
  ],
  [
    `20010db8006400000000000000000000 40 ${zeros} 00 ${zeros} 00000400 00000001 00000000 80000001       va`,
    ['2001:db8:64::', 64, null, true],
  ],
])('%s is an IPv6 route', (line, [network, bits, gateway, local]) => {
  expect(parseIpv6Route(line)).toEqual({ network, bits, gateway, interface: 'va', local });
});

test.each([
  `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`, // refuses
  `${zeros} 81 ${zeros} 00 ${zeros} 00000400 00000001 00000000 00000001       va`, // no prefix
  `${zeros} 00 ${zeros} 00 ${zeros} 00000400 00000001 00000000 00000001`,
  '',
])('%s is none', (line) => {
  expect(parseIpv6Route(line)).toBeNull();
});
