import { cleanText } from '@droplens/netfilter-log';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  cellsOf,
  copyCells,
  copyIpv4,
  copySpan,
  escapeCell,
  viewOf,
  writeNumber,
  writeSpan,
  writeThousandths,
} from '../../src/record/row-bytes.ts';

const out = new Uint8Array(4096);
const view = viewOf(out);
const text = (end: number): string => new TextDecoder('utf-8', { fatal: true }).decode(out.subarray(1, end));

it('writes any whole number in decimal, then a tab', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat(20_000), fc.maxSafeNat()), (value) => {
      expect(text(writeNumber(view, 1, value))).toBe(`${value}\t`);
    }),
    { numRuns: 3000 },
  );
});

it('writes thousandths with their zeros', () => {
  for (const value of [0, 7, 42, 999]) expect(text(writeThousandths(view, 1, value))).toBe(`${String(value).padStart(3, '0')}\t`);
});

it('copies spans of every length exactly', () => {
  const source = new TextEncoder().encode('abcdefghijklmnopqrstuvwxyz');
  for (let to = 0; to < 23; to++)
    expect(text(copySpan(view, 1, viewOf(source), 0, to))).toBe('abcdefghijklmnopqrstuvwxyz'.slice(0, to));
});

it('copies addresses and ready cells exactly', () => {
  for (const address of ['1.2.3.4', '255.255.255.255', '10.200.3.99']) {
    const source = new TextEncoder().encode(`${address} LEN=40 TOS=0x00`);
    expect(text(copyIpv4(view, 1, viewOf(source), 0, address.length))).toBe(address);
  }
  for (const each of ['', 'a\t', 'zurück \u{1f6a7}\tdeny\t', 'x'.repeat(100)])
    expect(text(copyCells(view, 1, cellsOf(each)))).toBe(each);
});

it('writes any bytes as clean, escaped text', () => {
  const byte = fc.oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.constantFrom(0x5c, 0x7f, 0x1f, 0x20, 0x80, 0xff, 0x00, 0x09, 0x0a),
    fc.nat(255),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), fc.nat(3), (bytes, lead) => {
      const source = Uint8Array.from([...new Uint8Array(lead), ...bytes, 0, 0, 0, 0]);
      const to = lead + bytes.length;
      expect(text(writeSpan(view, 1, viewOf(source), lead, to))).toBe(escapeCell(cleanText(source, lead, to)));
    }),
    { numRuns: 5000 },
  );
});
