import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, day, noOffset } from '../src/clock.ts';

/** ISO text of a stamp read against a reference time. */
function read(stamp: string, reference: string, timeZone = 'UTC', offset = noOffset): string {
  const clock = new Clock(timeZone);
  clock.setReference(Date.parse(reference));
  const [year, month, date, hour, minute, second] = stamp.split(/[-T:]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = clock.read(year, month, date, hour, minute, second, 0, offset);
  return time === time ? new Date(time).toISOString().slice(0, 19) : 'none';
}

describe('a stamp without a year', () => {
  it.each<[stamp: string, reference: string, expected: string]>([
    ['0-11-21T08:00:00', '2026-11-21T09:00:00Z', '2026-11-21T08:00:00'],
    // New Year: a line of December read in January, one of January on a clock that is behind
    ['0-12-31T23:59:59', '2027-01-01T00:00:01Z', '2026-12-31T23:59:59'],
    ['0-01-01T00:00:01', '2026-12-31T23:59:59Z', '2027-01-01T00:00:01'],
    ['0-01-02T00:00:00', '2026-12-31T23:59:59Z', '2026-01-02T00:00:00'],
    // a day ahead at most
    ['0-11-22T09:00:00', '2026-11-21T09:00:00Z', '2026-11-22T09:00:00'],
    ['0-11-22T09:00:01', '2026-11-21T09:00:00Z', '2025-11-22T09:00:01'],
    // 29 February
    ['0-02-29T12:00:00', '2026-11-21T09:00:00Z', '2024-02-29T12:00:00'],
    ['0-02-29T12:00:00', '2028-03-01T00:00:00Z', '2028-02-29T12:00:00'],
    ['0-02-29T12:00:00', '2103-03-01T00:00:00Z', '2096-02-29T12:00:00'],
    ['0-02-30T12:00:00', '2026-11-21T09:00:00Z', 'none'],
    ['0-13-01T12:00:00', '2026-11-21T09:00:00Z', 'none'],
    ['0-00-01T12:00:00', '2026-11-21T09:00:00Z', 'none'],
  ])('%s read at %s is %s', (stamp, reference, expected) => {
    expect(read(stamp, reference)).toBe(expected);
  });

  it('is placed by the clock of its zone', () => {
    expect(read('0-01-01T00:30:00', '2026-12-31T23:59:00Z', 'Europe/Berlin')).toBe('2026-12-31T23:30:00');
  });
});

describe('a zone', () => {
  it.each<[stamp: string, zone: string, expected: string]>([
    ['2026-07-01T12:00:00', 'Europe/Berlin', '2026-07-01T10:00:00'],
    ['2026-01-01T12:00:00', 'Europe/Berlin', '2026-01-01T11:00:00'],
    ['2026-01-01T12:00:00', 'Asia/Kathmandu', '2026-01-01T06:15:00'],
    ['2026-01-01T12:00:00', '+05:45', '2026-01-01T06:15:00'],
    ['2026-01-01T12:00:00', '-0330', '2026-01-01T15:30:00'],
    ['2026-01-01T12:00:00', 'GMT+02', '2026-01-01T10:00:00'],
    // the hour that is not: the offset before the gap
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00'],
    ['2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59'],
    ['2026-03-29T03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00'],
    // the hour that is twice: the first
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00'],
    ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00'],
    ['2026-11-01T01:30:00', 'America/New_York', '2026-11-01T05:30:00'],
    ['2026-03-08T02:30:00', 'America/New_York', '2026-03-08T07:30:00'],
    // half an hour of daylight saving
    ['2026-04-05T01:45:00', 'Australia/Lord_Howe', '2026-04-04T14:45:00'],
  ])('%s in %s is %s UTC', (stamp, zone, expected) => {
    expect(read(stamp, '2026-11-21T09:00:00Z', zone)).toBe(expected);
  });

  it('that does not exist is refused', () => {
    for (const zone of ['Mars/Olympus', '+24:00', '+02:60', '']) expect(() => new Clock(zone)).toThrow(RangeError);
  });

  it('of the stamp wins', () => {
    expect(read('2026-11-21T08:00:00', '2026-11-21T09:00:00Z', 'Europe/Berlin', -90)).toBe('2026-11-21T09:30:00');
    expect(read('0-11-21T08:00:00', '2026-11-21T09:00:00Z', 'Europe/Berlin', 0)).toBe('2026-11-21T08:00:00');
  });
});

it.each([
  '2026-11-21T24:00:00',
  '2026-11-21T08:60:00',
  '2026-11-21T08:00:61',
  '2026-04-31T08:00:00',
  '2026-02-29T00:00:00',
  '1900-02-29T00:00:00',
])('%s is no time', (stamp) => {
  expect(read(stamp, '2026-11-21T09:00:00Z')).toBe('none');
});

it('remembers nothing that changes an answer: a used clock says what a new one says', () => {
  const used = new Clock('Europe/Berlin');
  const number = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  fc.assert(
    fc.property(
      fc.constantFrom(0, 2025, 2026),
      number(0, 14),
      number(0, 32),
      number(0, 25),
      number(0, 60),
      fc.constantFrom(noOffset, 0, 120),
      number(-400, 400),
      (year, month, date, hour, minute, offset, days) => {
        const fresh = new Clock('Europe/Berlin');
        const reference = Date.UTC(2026, 10, 21, 9) + days * day;
        used.setReference(reference);
        fresh.setReference(reference);
        const arguments_ = [year, month, date, hour, minute, 7, 8, offset] as const;
        const time = used.read(...arguments_);
        expect(used.read(...arguments_)).toBe(time);
        expect(fresh.read(...arguments_)).toBe(time);
        expect(year === 0 && time > reference + day).toBe(false);
      },
    ),
    { numRuns: 1000 },
  );
});
