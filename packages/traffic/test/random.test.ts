import { describe, expect, it } from 'vitest';
import { Random, Zipf } from '../src/random.ts';

describe('Random', () => {
  it('gives the same numbers for a seed on every machine', () => {
    const random = new Random(42, 'golden', 7);
    expect(Array.from({ length: 6 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        2977382130,
        4254901349,
        16699880,
        2928990287,
        2246085669,
        254556779,
      ]
    `);
  });

  it('gives unrelated numbers for another path', () => {
    const first = new Random(1, 'a', 'bc');
    const second = new Random(1, 'ab', 'c');
    expect(first.uint32()).not.toBe(second.uint32());
  });

  it('spreads evenly and keeps its limits', () => {
    const random = new Random(3);
    const counts = new Uint32Array(10);
    for (let turn = 0; turn < 100_000; turn += 1) {
      const place = random.between(5, 14) - 5;
      counts[place] = counts.at(place)! + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('has exponential numbers of mean 1 and variance 1', () => {
    const random = new Random(4);
    const drawn = Array.from({ length: 100_000 }, () => random.exponential());
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(1, 1);
  });

  it('has heavy tails: half as many exceed twice the value, none exceeds the bound', () => {
    const random = new Random(5);
    const drawn = Array.from({ length: 100_000 }, () => random.heavyTailed(10, 1000));
    expect(Math.min(...drawn)).toBe(10);
    expect(Math.max(...drawn)).toBe(1000);
    expect(drawn.filter((value) => value >= 100).length / drawn.length).toBeCloseTo(0.1, 2);
  });
});

describe('Zipf', () => {
  it('gives rank r the weight 1/(r+1)', () => {
    const zipf = new Zipf(100);
    const random = new Random(6);
    const counts = new Uint32Array(100);
    for (let turn = 0; turn < 200_000; turn += 1) {
      const rank = zipf.draw(random);
      counts[rank] = counts.at(rank)! + 1;
    }
    const total = Array.from({ length: 100 }, (_, rank) => 1 / (rank + 1)).reduce((sum, weight) => sum + weight, 0);
    for (const rank of [0, 1, 9]) expect(counts.at(rank)! / 200_000).toBeCloseTo(1 / (rank + 1) / total, 2);
    expect(counts[99]).toBeGreaterThan(0);
  });

  it('knows only rank 0 in a population of one', () => {
    expect(new Zipf(1).draw(new Random(1))).toBe(0);
  });
});
