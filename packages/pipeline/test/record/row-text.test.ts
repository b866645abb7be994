import { describe, expect, it } from 'vitest';
import { readRow, rowColumns } from '../../src/index.ts';

const cells = [
  '7',
  '1795248309.250',
  'h',
  'drop:',
  'deny',
  'eth0',
  '',
  '203.0.113.5',
  '198.51.100.1',
  'TCP',
  '1',
  '22',
  '60',
  '52',
  '9',
  '2',
  '1024',
  '0',
  '0',
  'DF URGP=0',
];
const row = (changes: Partial<Record<(typeof rowColumns)[number], string>> = {}): string =>
  rowColumns.map((column, i) => changes[column] ?? cells[i]).join('\t');

describe('readRow', () => {
  it('reads a row with or without its end', () => {
    const expected = {
      position: 7,
      record: expect.objectContaining({ time: 1_795_248_309_250, host: 'h', direction: 'in', dst_port: 22, extra: 'DF URGP=0' }),
    };
    expect(readRow(row())).toEqual(expected);
    expect(readRow(`${row()}\n`)).toEqual(expected);
  });

  it('undoes the escapes of TabSeparated', () => {
    expect(readRow(row({ prefix: 'a\\\\b\\tc\\nd\\re\\bf\\fg\\0h\\q' }))?.record.prefix).toBe('a\\b\tc\nd\re\bf\fg\0hq');
  });

  it('gives addresses their one form', () => {
    expect(readRow(row({ src: '2001:0db8:0000:0000:0000:0000:0000:0001', dst: 'FE80::1' }))?.record).toMatchObject({
      src: '2001:db8::1',
      dst: 'fe80::1',
    });
  });

  it('refuses what is no row', () => {
    for (const text of [
      '',
      'x',
      `${row()}\tmore`,
      row({ src: 'nonsense' }),
      row({ action: 'maybe' }),
      row({ dst_port: 'http' }),
      row({ time: '' + Number.NaN }),
    ])
      expect(readRow(text)).toBeNull();
  });
});
