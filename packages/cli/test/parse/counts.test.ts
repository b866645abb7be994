import { describe, expect, it } from 'vitest';
import { countsText, noCounts } from '../../src/parse/counts.ts';

describe('countsText', () => {
  it.each([
    [{}, '0 lines: 0 packets'],
    [{ lines: 1, records: 1, packets: 1 }, '1 line: 1 packet'],
    [{ lines: 1, records: 1, packets: 3 }, '1 line: 3 packets in 1 line'],
    [{ lines: 3, records: 1, packets: 1, rejected: { cut: 1, arp: 1 } }, '3 lines: 1 packet; 2 rejected (1 cut, 1 arp)'],
    [{ lines: 2, undercounts: { 'kernel-ratelimit': 1033 } }, '2 lines: 0 packets; undercount 1,033 (1,033 kernel-ratelimit)'],
    [{ lines: 1, undercounts: { 'kmsg-gap': 0 } }, '1 line: 0 packets; undercount of unknown number (kmsg-gap)'],
    [{ lines: 1, long: 1 }, '1 line: 0 packets; 1 read only in part: longer than 8 KiB'],
  ])('%j is %j', (counts, text) => {
    expect(countsText({ ...noCounts(), ...counts })).toBe(text);
  });
});
