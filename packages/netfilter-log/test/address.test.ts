import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../src/index.ts';

describe('an address', () => {
  it.each<[text: string, canonical: string | null]>([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['256.1.1.1', null],
    ['999.1.1.1', null],
    ['1.2.3', null],
    ['1.2.3.4.5', null],
    ['1.2.3.04', null],
    ['1..3.4', null],
    ['1.2.3.4 ', null],
    ['', null],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['0000:0000:0000:0000:0000:0000:0000:0000', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['0000:0000:0000:0000:0000:ffff:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7:8:9', null],
    ['1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7:8::', null],
    ['1::2::3', null],
    ['::12345', null],
    [':1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7:', null],
    ['::1.2.3', null],
    ['1:2:3:4:5:6:7:1.2.3.4', null],
    ['fe80::1%eth0', null],
    [':', null],
    [':::', null],
    ['g::', null],
  ])('%s: %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it('of any form means what the platform says it means', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV6(), fc.string({ unit: fc.constantFrom('0', '1', '2', '3', 'a', 'f', ':', '.'), maxLength: 20 })),
        (text) => {
          const url = URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : null;
          const ours = text.includes(':') ? canonicalAddress(text) : null;
          // The platform writes IPv4-mapped addresses in hexadecimal.
          expect(ours === null ? null : new URL(`http://[${ours}]/`).hostname.slice(1, -1)).toBe(url);
          expect(ours?.includes('.') ? url : ours).toBe(url);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
