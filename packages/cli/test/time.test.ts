import { describe, expect, it } from 'vitest';
import { parseDuration, parseMoment } from '../src/time.ts';

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['15min', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['4w', 2_419_200_000],
    ['1d12h', 129_600_000],
    ['0.5h', 1_800_000],
  ])('%s', (text, expected) => expect(parseDuration(text)).toBe(expected));

  it.each(['', '5', 'h', '-1h', '1 h', '1x', '1e9d', 'h1', '12345678901d'])('not %j', (text) =>
    expect(parseDuration(text)).toBeNull(),
  );
});

describe('parseMoment', () => {
  const now = Date.UTC(2026, 10, 21, 12);

  it.each([
    ['now', now],
    ['24h', now - 86_400_000],
    ['2026-11-20', Date.UTC(2026, 10, 20)],
    ['2026-11-20T10:30', Date.UTC(2026, 10, 20, 10, 30)],
    ['2026-11-20 10:30:15.250', Date.UTC(2026, 10, 20, 10, 30, 15, 250)],
    ['2026-11-20T10:30Z', Date.UTC(2026, 10, 20, 10, 30)],
    ['2026-11-20T10:30+0200', Date.UTC(2026, 10, 20, 8, 30)],
  ])('%s', (text, expected) => expect(parseMoment(text, '--since', now, true)).toBe(expected));

  it.each(['yesterday', '2026-13-01', '2026-02-31', '2026-11-20T25:00', '20261120', ''])('refuses %j', (text) => {
    expect(() => parseMoment(text, '--since', now, true)).toThrow(/^--since: '.*' is no time/);
  });
});
