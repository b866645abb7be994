import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colored } from '../../src/terminal/color.ts';
import { textWidth } from '../../src/terminal/safe-text.ts';
import { table, type Column } from '../../src/terminal/table.ts';

interface Row {
  readonly source: string;
  readonly packets: string;
  readonly prefix: string;
}

const columns: readonly Column<Row>[] = [
  { header: 'packets', cell: (row) => row.packets, align: 'right' },
  { header: 'source', cell: (row) => row.source },
  { header: 'prefix', cell: (row) => row.prefix, shrinkTo: 6, leaves: 1 },
];
const rows: readonly Row[] = [
  { source: '203.0.113.66', packets: '18,402', prefix: 'iptables denied:' },
  { source: '2001:db8:7::', packets: '3', prefix: '\u001b[2Jcleared' },
];

describe('table', () => {
  it('aligns, and shows control characters escaped', () => {
    expect(table(columns, rows, { width: 80 })).toBe(
      [
        ' packets  source        prefix',
        '  18,402  203.0.113.66  iptables denied:',
        '       3  2001:db8:7::  \\x1b[2Jcleared',
        '',
      ].join('\n'),
    );
  });

  it('cuts what may be cut, then lets optional columns leave, and never cuts an address', () => {
    expect(table(columns, rows, { width: 34 })).toBe(
      [' packets  source        prefix', '  18,402  203.0.113.66  iptables …', '       3  2001:db8:7::  \\x1b[2Jcl…', ''].join(
        '\n',
      ),
    );
    expect(table(columns, rows, { width: 26 }).split('\n')[1]).toBe('  18,402  203.0.113.66');
    expect(table(columns, rows, { width: 10 })).toContain('203.0.113.66');
  });

  it('colours only what has a tone', () => {
    expect(table([{ header: 'a', cell: () => 'x', tone: 'bad' }], rows.slice(0, 1), { width: 80, paint: colored })).toBe(
      ' \u001b[2ma\u001b[22m\n \u001b[31mx\u001b[39m\n',
    );
  });

  it('fits any width that its fixed columns allow, whatever the cells hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
        fc.integer({ min: 30, max: 120 }),
        (prefixes, width) => {
          const text = table(
            columns,
            prefixes.map((prefix) => ({ source: '192.0.2.1', packets: '1', prefix })),
            { width },
          );
          for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
