import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { OutputBytes } from '../../src/parse/output-bytes.ts';

it('gives the bytes of all texts in order, however long they are', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.nat(70_000)).map(([unit, count]) => unit.repeat(count)),
  );
  const takes = fc.array(fc.array(text, { maxLength: 20 }), { maxLength: 4 });
  fc.assert(
    fc.property(takes, (rounds) => {
      const bytes = new OutputBytes();
      const taken = rounds.map((texts) => {
        for (const each of texts) bytes.add(each);
        return bytes.take();
      });
      // Looked at only now: what was taken earlier has not been written over.
      for (const [round, pieces] of taken.entries())
        expect(Buffer.concat(pieces).equals(Buffer.from(rounds[round]!.join('')))).toBe(true);
    }),
    { numRuns: 50 },
  );
});
