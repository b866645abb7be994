import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../src/geo/address-bytes.ts';

const hex = (address: string): string | null => {
  const bytes = addressBytes(address);
  return bytes === null ? null : Buffer.from(bytes, 'latin1').toString('hex');
};

describe('addressBytes', () => {
  test.each([
    ['192.0.2.10', '00000000000000000000ffffc000020a'],
    ['255.255.255.255', '00000000000000000000ffffffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:db8::5:0', '20010db8000000000000000000050000'],
    ['2001:0db8:0000:0001:0000:0000:0000:0011', '20010db8000000010000000000000011'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['::1.2.3.4', '00000000000000000000000001020304'],
    ['1:2:3:4:5:6:7.8.9.10', '0001000200030004000500060708090a'],
    ['64:ff9b::8.8.8.8', '0064ff9b000000000000000008080808'],
    ['FE80::AbCd', 'fe80000000000000000000000000abcd'],
  ])('%s', (address, bytes) => {
    expect(hex(address)).toBe(bytes);
  });

  test.each(['', 'x', '1.2.3', '1.2.3.4.5', '01.2.3.4', 'fe80::1%eth0', ':::1', '1:2:3:4:5:6:7:8:9', '2001:db8::1/64'])(
    'none: %j',
    (text) => {
      expect(addressBytes(text)).toBeNull();
    },
  );
});
