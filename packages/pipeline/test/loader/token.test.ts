import { describe, expect, test } from 'vitest';
import { partToken, tokenOf } from '../../src/loader/token.ts';

const range = { stream: '1', epoch: '2', first: 3, last: 4, rows: 5 };

describe('token', () => {
  test('is a UInt64, the same for the same stretches in every version', () => {
    expect(tokenOf([range])).toBe('2611082176646970847');
    expect(tokenOf([{ ...range, rows: 0 }])).toBe(tokenOf([range]));
  });

  test('differs when anything else differs', () => {
    const others = [
      [],
      [range],
      [range, range],
      [{ ...range, stream: '2' }],
      [{ ...range, epoch: '3' }],
      [{ ...range, first: 2 }],
      [{ ...range, last: 5 }],
      [{ ...range, stream: '12', epoch: '' }],
    ].map(tokenOf);
    expect(new Set(others).size).toBe(others.length);
  });

  test('parts have their own', () => {
    const tokens = ['', 'L', 'R', 'LL', 'LR'].map((part) => partToken(tokenOf([range]), part));
    expect(new Set([tokenOf([range]), ...tokens]).size).toBe(6);
    for (const token of tokens) expect(BigInt(token)).toBeLessThan(2n ** 64n);
  });
});
