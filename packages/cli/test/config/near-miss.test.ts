import { describe, expect, it } from 'vitest';
import { nearMiss } from '../../src/config/near-miss.ts';

describe('nearMiss', () => {
  const known = ['host', 'data', 'transport', 'store', 'raw_days', 'rollup_days'];

  it.each([
    ['transprot', 'transport'],
    ['Transport', 'transport'],
    ['raw-days', 'raw_days'],
    ['hots', 'host'],
    ['date', 'data'],
    ['kafka', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s', (name, expected) => expect(nearMiss(name, known)).toBe(expected));
});
