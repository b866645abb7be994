import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4End } from '../src/address.ts';
import { dottedEnd, isEthernet, shortNumber } from '../src/four-bytes.ts';

const numRuns = Number(process.env['DROPLENS_FUZZ_RUNS'] ?? 1000);

describe('four bytes at a time', () => {
  const viewOf = (text: string): DataView => new DataView(new TextEncoder().encode(`${text}\n${'9'.repeat(16)}`).buffer);
  const digits = fc.oneof(fc.nat(70_000).map(String), fc.stringMatching(/^[0-9]{0,7}$/));
  const after = fc.constantFrom(' ', '', '.', 'x', '-', '\u0000', '/', ':', ' 7', 'é', '@', '0');

  it('a number is what Number says, or none', () => {
    fc.assert(
      fc.property(digits, after, (text, next) => {
        const isNumber = /^(?:0|[1-9]\d{0,4}) /.test(text + next) && Number.parseInt(text, 10) <= 0xffff;
        expect(shortNumber(viewOf(text + next), 0)).toBe(isNumber ? Number(text) * 8 + text.length : -1);
      }),
      { numRuns: 5 * numRuns },
    );
  });

  it('an address is what the reading byte by byte says, when a space follows', () => {
    const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('00', '01', '', 'a', '255', '256', '1e', '999', '1000'));
    const dotted = fc.oneof({ weight: 9, arbitrary: fc.tuple(octet, octet, octet, octet) }, fc.array(octet, { maxLength: 6 }));
    fc.assert(
      fc.property(dotted, after, (octets, next) => {
        const view = viewOf(octets.join('.') + next);
        const bytes = new Uint8Array(view.buffer);
        const end = ipv4End(bytes, 0);
        expect(dottedEnd(view, 0)).toBe(end >= 0 && bytes[end] === 0x20 ? end : -1);
      }),
      { numRuns: 5 * numRuns },
    );
  });

  it('a MAC is fourteen pairs of lower-case digits', () => {
    const mac = 'c4:9a:02:5e:00:01:52:54:00:ab:cd:ef:08:00';
    expect(isEthernet(viewOf(mac), 0)).toBe(true);
    for (let at = 0; at < mac.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const view = viewOf(mac);
        view.setUint8(at, byte);
        const isRight = mac[at] === ':' ? byte === 0x3a : /[0-9a-f]/.test(String.fromCharCode(byte));
        expect(isEthernet(view, 0)).toBe(isRight);
      }
    }
  });
});
