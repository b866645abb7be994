import { expect, test } from 'vitest';
import { canonicalAddress, hexAddress, isLoopback, isUnicast, wordAddress } from '../../src/host/address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:0db8:0007:0000:0000:0000:0000:0001', '2001:db8:7::1'],
  ['2001:DB8::0:1', '2001:db8::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:ffff:c000:0201', '192.0.2.1'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['192.0.2.256', null],
  ['192.0.2.1%eth0', null],
  ['1::2::3', null],
  ['', null],
  ['localhost', null],
])('%s is the address %s', (text, address) => {
  expect(canonicalAddress(text)).toBe(address);
});

test('hexadecimal digits in the order of the network', () => {
  expect(hexAddress('20010db8000700000000000000000001')).toBe('2001:db8:7::1');
  expect(hexAddress('20010db80007000000000000000000')).toBeNull();
  expect(hexAddress('20010db8000700000000000000000g01')).toBeNull();
});

test.each([
  ['010712C6', true, '198.18.7.1'],
  ['C6120701', false, '198.18.7.1'],
  ['B80D0120000007000000000001000000', true, '2001:db8:7::1'],
  ['20010DB8000700000000000000000001', false, '2001:db8:7::1'],
  ['0000000000000000FFFF0000010712C6', true, '198.18.7.1'],
  ['010712', true, null],
  ['0107-2C6', true, null],
])('the words %s (little-endian: %s) are %s', (hex, littleEndian, address) => {
  expect(wordAddress(hex, littleEndian)).toBe(address);
});

test.each(['0.0.0.0', '127.0.0.1', '224.0.0.251', '255.255.255.255', '::', '::1', 'ff02::1'])(
  '%s is no machine elsewhere',
  (address) => {
    expect(isUnicast(address)).toBe(false);
  },
);

test.each(['10.0.0.1', '223.255.255.255', '2001:db8::1', 'fe80::1'])('%s is one', (address) => {
  expect(isUnicast(address)).toBe(true);
  expect(isLoopback(address)).toBe(false);
});
