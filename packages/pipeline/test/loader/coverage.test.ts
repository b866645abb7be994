import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../src/loader/coverage.ts';

const stretch = fc.tuple(fc.nat(60), fc.nat(20)).map(([first, length]): [number, number] => [first, first + length]);

describe('Coverage', () => {
  test('agrees with a set of positions', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 12 }), stretch, (added, [first, last]) => {
        const coverage = new Coverage();
        const set = new Set<number>();
        for (const [from, to] of added) {
          coverage.add(from, to);
          for (let position = from; position <= to; position++) set.add(position);
        }
        const open: number[] = [];
        for (let position = first; position <= last; position++) if (!set.has(position)) open.push(position);
        const gaps = coverage.gaps(first, last);
        const found: number[] = [];
        for (let i = 0; i < gaps.length; i += 2) {
          for (let position = gaps[i] ?? 0; position <= (gaps[i + 1] ?? -1); position++) found.push(position);
        }
        expect(found).toEqual(open);
        // disjoint, ascending, neighbours joined
        for (let i = 1; i < coverage.edges.length; i++) {
          const distance = (coverage.edges[i] ?? 0) - (coverage.edges[i - 1] ?? 0);
          expect(distance).toBeGreaterThanOrEqual(i % 2 === 0 ? 2 : 0);
        }
      }),
    );
  });

  test('a source that is tiled stays one stretch', () => {
    const coverage = new Coverage();
    for (let i = 0; i < 1000; i++) coverage.add(i * 10, i * 10 + 9);
    expect(coverage.edges).toEqual([0, 9999]);
    expect(coverage.gaps(9990, 10_009)).toEqual([10_000, 10_009]);
  });

  test('holds the whole range of positions', () => {
    const coverage = new Coverage();
    coverage.add(0, 0);
    coverage.add(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    expect(coverage.gaps(0, Number.MAX_SAFE_INTEGER)).toEqual([1, Number.MAX_SAFE_INTEGER - 1]);
  });

  test('a copy is its own', () => {
    const coverage = new Coverage([1, 5]);
    coverage.copy().add(6, 9);
    expect(coverage.edges).toEqual([1, 5]);
  });
});
