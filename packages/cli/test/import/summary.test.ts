import { describe, expect, it } from 'vitest';
import { summaryText, type ImportTotals } from '../../src/import/summary.ts';

const nothing = { rows: 0, span: null, dead: 0, by: null };
const totals: ImportTotals = {
  files: 1,
  lines: 10,
  packets: 8,
  stored: { rows: 5, span: { first: Date.now() - 3_600_000, last: Date.now() }, dead: 1, by: null },
  rejected: { cut: 2 },
  undercounted: 0,
  milliseconds: 1000,
};

describe('the summary of an import', () => {
  it('accounts for every line: loaded, known, put aside, rejected', () => {
    expect(summaryText(totals).split('\n')).toEqual([
      '10 lines of 1 file in 1 s (10 lines/s)',
      expect.stringMatching(/^ {2}loaded {4}5 packets, from /),
      '  known     2 packets were there already',
      '  put aside 1 packet that the database cannot hold: droplens dead list shows them',
      '  rejected  2 lines: 2 cut',
      '  next      droplens top sources --since 24h',
      '',
    ]);
  });

  it('says how to see why nothing was taken', () => {
    const text = summaryText({ ...totals, lines: 1, packets: 0, stored: nothing, rejected: { cut: 1 } });
    expect(text).toContain('\n  rejected  1 line: 1 cut\n  next      droplens parse --rejected FILE');
  });

  it('gives no advice where no line was', () => {
    const text = summaryText({ ...totals, files: 0, lines: 0, packets: 0, stored: nothing, rejected: {} });
    expect(text).toBe('0 lines of 0 files in 1 s\n  loaded    0 packets\n');
  });

  it('promises nothing where loaders elsewhere store', () => {
    expect(summaryText({ ...totals, stored: 'Kafka at kafka-1:9092' }).split('\n')).toEqual([
      '10 lines of 1 file in 1 s (10 lines/s)',
      '  sent      8 packets to Kafka at kafka-1:9092; loaders store what is not there already',
      '  rejected  2 lines: 2 cut',
      '',
    ]);
  });
});
