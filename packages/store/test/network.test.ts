import { describe, expect, it } from 'vitest';
import { addressNumber, addressText, enclosing, parseNetwork, shortAddress } from '../src/network.ts';

describe('parseNetwork', () => {
  it.each([
    ['203.0.113.9', '::ffff:203.0.113.9', '::ffff:203.0.113.9', 128, '203.0.113.9'],
    ['203.0.113.9/24', '::ffff:203.0.113.0', '::ffff:203.0.113.255', 120, '203.0.113.0/24'],
    ['0.0.0.0/0', '::ffff:0.0.0.0', '::ffff:255.255.255.255', 96, '0.0.0.0/0'],
    ['255.255.255.255/31', '::ffff:255.255.255.254', '::ffff:255.255.255.255', 127, '255.255.255.254/31'],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 0, '::/0'],
    ['2001:DB8::1', '2001:db8::1', '2001:db8::1', 128, '2001:db8::1'],
    ['2001:db8:0:0:1::1/64', '2001:db8::', '2001:db8::ffff:ffff:ffff:ffff', 64, '2001:db8::/64'],
    ['2001:db8::/29', '2001:db8::', '2001:dbf:ffff:ffff:ffff:ffff:ffff:ffff', 29, '2001:db8::/29'],
    ['::ffff:203.0.113.9', '::ffff:203.0.113.9', '::ffff:203.0.113.9', 128, '203.0.113.9'],
    ['::ffff:203.0.113.9/120', '::ffff:203.0.113.0', '::ffff:203.0.113.255', 120, '203.0.113.0/24'],
    [' 192.0.2.1 ', '::ffff:192.0.2.1', '::ffff:192.0.2.1', 128, '192.0.2.1'],
  ])('reads %s', (text, from, to, bits, shown) => {
    expect(parseNetwork(text)).toEqual({ from, to, bits, text: shown });
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '::/129',
    ':::',
    '1::2::3',
    'g::',
    '::1%eth0',
    'x'.repeat(10_000),
  ])('refuses %j', (text) => {
    expect(() => parseNetwork(text)).toThrow(expect.objectContaining({ code: 'DL_USAGE' }));
  });
});

describe('addresses', () => {
  it.each([
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '::ffff:1.2.3.4',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '1:0:0:2::3',
  ])('come back as they were: %s', (text) => {
    expect(addressText(addressNumber(text))).toBe(text);
  });

  it('are shown without their mapping', () => {
    expect(shortAddress('::ffff:1.2.3.4')).toBe('1.2.3.4');
    expect(shortAddress('::1.2.3.4')).toBe('::1.2.3.4');
    expect(enclosing('::ffff:1.2.3.4', 120)).toBe('1.2.3.0/24');
    expect(enclosing('2001:db8::1', 64)).toBe('2001:db8::/64');
  });
});
