import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { isReserved } from '../../src/geo/reserved.ts';

const cases: [string, boolean][] = [
  ...['10.0.0.1', '100.64.0.1', '127.0.0.1', '169.254.1.1', '172.31.255.255', '192.168.0.1', '192.0.2.1', '198.18.0.1'].map(
    reserved,
  ),
  ...['198.51.100.1', '203.0.113.255', '224.0.0.1', '240.0.0.1', '255.255.255.255', '0.0.0.0'].map(reserved),
  ...['::', '::1', '2001:db8::1', '3fff::1', 'fc00::1', 'fdff::1', 'fe80::1', 'ff02::1', '100::1'].map(reserved),
  ...[
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.32.0.0',
    '192.0.1.1',
    '198.20.0.0',
    '223.255.255.255',
  ].map(open),
  ...['2001:4860::1', '2003::1', '2002:808:808::1', '64:ff9b::808:808', '3ffe::1', '2001:db9::1'].map(open),
];

test.each(cases)('%s is reserved: %s', (address, expected) => {
  expect(isReserved(address, isIP(address) as 4 | 6)).toBe(expected);
});

function reserved(address: string): [string, boolean] {
  return [address, true];
}
function open(address: string): [string, boolean] {
  return [address, false];
}
