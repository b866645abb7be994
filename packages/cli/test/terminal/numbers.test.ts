import { describe, expect, it } from 'vitest';
import { absoluteTime, bytes, grouped, rate, share, span } from '../../src/terminal/numbers.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1234, '1,234'],
    [1_204_331, '1,204,331'],
    [-12_345, '-12,345'],
    [18_446_744_073_709_551_615n, '18,446,744,073,709,551,615'],
  ])('grouped %s', (value, text) => expect(grouped(value)).toBe(text));

  it.each([
    [0, '0 s'],
    [500, '0.5 s'],
    [12_400, '12 s'],
    [99_000, '99 s'],
    [14 * minute, '14 min'],
    [3 * hour, '3 h'],
    [47 * hour, '47 h'],
    [9 * day, '9 d'],
    [800 * day, '2.2 y'],
    [-5, '0 s'],
  ])('span %i', (value, text) => expect(span(value)).toBe(text));

  it.each([
    [41, 100, '41 %'],
    [8, 1000, '0.8 %'],
    [1, 100_000, '<0.1 %'],
    [998, 1000, '99.8 %'],
    [1000, 1000, '100 %'],
    [99_999, 100_000, '100 %'],
    [0, 10, '0 %'],
    [0, 0, '–'],
  ])('share %i of %i', (part, whole, text) => expect(share(part, whole)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [3_300_000_000, '3.3 GB'],
    [45_600_000, '46 MB'],
    [999_600, '1.0 MB'],
  ])('bytes %i', (value, text) => expect(bytes(value)).toBe(text));

  it('rates below ten keep a decimal', () => {
    expect([0, 0.44, 9.95, 38, 12_345].map(rate)).toEqual(['0', '0.4', '9.9', '38', '12,345']);
  });

  it('writes absolute times in UTC when asked', () => {
    expect(absoluteTime(Date.UTC(2026, 10, 21, 11, 32, 7), true)).toBe('2026-11-21 11:32:07Z');
    expect(absoluteTime(Number.NaN, true)).toBe('–');
  });
});
