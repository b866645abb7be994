import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeSpoolFile, encodeSpoolFile, parseSpoolName, type SpoolName } from '../../src/spool/spool-file.ts';
import { hostRow, rowsOf } from '../transport.conformance.ts';

const start = Date.UTC(2026, 10, 21);
const { name, pieces } = encodeSpoolFile(rowsOf('18446744073709551615', 3, 5, '7'), 12, start);
const whole = Buffer.concat(pieces);
const parsed = parseSpoolName(name) as SpoolName;

describe('spool file', () => {
  test('its name says its place, its load time and what it holds', () => {
    expect(name).toBe(`000000000012-${start}-18446744073709551615-7-3-5.rows`);
    expect(parsed).toEqual({ seq: 12, loadedAt: start, stream: '18446744073709551615', epoch: '7', first: 3, last: 5 });
  });

  test('what is written is read', () => {
    expect(decodeSpoolFile(parsed, whole)).toEqual(rowsOf('18446744073709551615', 3, 5, '7'));
  });

  test('cut anywhere, or with anything behind it, it is not taken', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(decodeSpoolFile(parsed, whole.subarray(0, length))).toBeTypeOf('string');
    }
    expect(decodeSpoolFile(parsed, Buffer.concat([whole, Buffer.from('6\tx\n')]))).toMatch(/bytes and should have/);
  });

  test('with any bit changed it is not taken', () => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeSpoolFile(parsed, damaged)).toBeTypeOf('string');
    }
  });

  test('under another number or load time it is not taken', () => {
    expect(decodeSpoolFile({ ...parsed, seq: 13 }, whole)).toMatch(/name/);
    expect(decodeSpoolFile({ ...parsed, loadedAt: start + 1 }, whole)).toMatch(/name/);
  });

  test.each([
    ['', ''],
    ['droplens-spool 1 00000000 0 0\n', 'JSON'],
    ['droplens-spool 1 8587d865 3 0\n[]\n', ''],
    ['droplens-spool 2 00000000 0 0\n', 'begin'],
    ['droplens-spool 1 00000000 9999999999 9999999999\n', 'should have'],
    ['\n', 'begin'],
    [`${'x'.repeat(100)}\n`, 'begin'],
  ])('%j is none', (text, reason) => {
    expect(decodeSpoolFile(parsed, Buffer.from(text))).toContain(reason);
  });

  test('what could not be read again is refused before it is written', () => {
    const status = { stream: '1', epoch: '1', position: 1, time: start, host: 'h', cause: 'net-ratelimit', count: 1 };
    for (const wrong of [{ stream: 'kern.log' }, { position: -1 }, { time: Number.NaN }, { count: 0.5 }]) {
      const append = { blocks: [], undercounts: [{ ...status, ...wrong }], statuses: [], hosts: [] };
      expect(() => encodeSpoolFile(append, 1, start)).toThrow(/no spool file can hold/);
    }
    const endless = { blocks: [], undercounts: [{ ...status, host: 'h'.repeat(17 * 1024 * 1024) }], statuses: [], hosts: [] };
    expect(() => encodeSpoolFile(endless, 1, start)).toThrow(/bytes/);
  });

  test('a host that could not be read again is refused, too', () => {
    for (const wrong of [{ since: Number.NaN }, { contacted: [{ address: 'x'.repeat(46), last: 1 }] }]) {
      const append = { blocks: [], undercounts: [], statuses: [], hosts: [{ ...hostRow, ...wrong }] };
      expect(() => encodeSpoolFile(append, 1, start)).toThrow(/no spool file can hold/);
    }
  });

  test('a file from before hosts were told of is read', () => {
    const text = whole.toString('latin1');
    const [, header = '', ...rows] = text.split('\n');
    const old = Buffer.from(`${header.replace(',"hosts":[]', '')}\n`);
    const body = Buffer.concat([old, Buffer.from(rows.join('\n'))]);
    const seal = `droplens-spool 1 ${crc32(body).toString(16).padStart(8, '0')} ${old.length} ${body.length - old.length}\n`;
    expect(header).toContain(',"hosts":[]');
    expect(decodeSpoolFile(parsed, Buffer.concat([Buffer.from(seal), body]))).toEqual(rowsOf('18446744073709551615', 3, 5, '7'));
  });

  test('its head is readable by people', () => {
    expect(whole.toString().split('\n').slice(0, 2).join('\n')).toMatch(
      /^droplens-spool 1 [0-9a-f]{8} \d+ \d+\n\{"seq":12,"loaded_at":/,
    );
  });
});
