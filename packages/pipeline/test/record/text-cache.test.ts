import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyCells, viewOf } from '../../src/record/row-bytes.ts';
import { TextCache } from '../../src/record/text-cache.ts';

it('gives each text its own cells, however alike they are and however many come', () => {
  const cache = new TextCache((text) => `<${text}>\t`);
  const find = (text: string): string => {
    const bytes = new TextEncoder().encode(`${text}zzz`);
    const found = cache.find(bytes, viewOf(bytes), 0, bytes.length - 3);
    const out = new DataView(new ArrayBuffer(64));
    return new TextDecoder().decode(new Uint8Array(out.buffer, 0, copyCells(out, 0, found)));
  };
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 12 }), (text) => {
      expect(find(text)).toBe(`<${text}>\t`);
      expect(find(text)).toBe(`<${text}>\t`);
    }),
    { numRuns: 5000 },
  );
});
