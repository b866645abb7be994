import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../src/geo/address-bytes.ts';
import { AddressCache } from '../../src/geo/address-cache.ts';
import { RowWriter } from '../../src/index.ts';
import { BatchRows, type DeadReason } from '../../src/loader/batch-rows.ts';
import { sourceBytes } from '../../src/loader/source-value.ts';
import { every, sampleBlock, sampleRow, type SampleRow } from './sample-rows.ts';

function rowsWith(country = 'DE', asn = 64_500): BatchRows {
  return new BatchRows(
    new AddressCache((address) => sourceBytes(address, { lookup: () => ({ country, asn }) }), 1024),
    new AddressCache(addressBytes, 1024),
  );
}

const corpus = join(import.meta.dirname, '../../../../test/corpus');
const all = [0, Number.MAX_SAFE_INTEGER];

function add(rows: BatchRows, text: string | Uint8Array, gaps: readonly number[] = all, last = 1000): number[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return rows.add({ stream: '1', epoch: '2', first: 1, last, rows: 1, text: bytes }, gaps);
}

describe('BatchRows', () => {
  test('adds country and AS behind each row and changes nothing else', () => {
    const rows = rowsWith();
    const text = Buffer.concat([
      Buffer.from(
        `${sampleRow()}\n${sampleRow({ position: 2, src: '2001:0db8:0000:0000:0000:0000:0000:0001', prefix: 'a\\tb\\\\', extra: '' })}\n`,
      ),
      Buffer.from(sampleRow({ position: 3, host: '' })),
      Buffer.from([0xff, 0xfe, 0x00, 0x0d, 10]),
    ]);
    expect(add(rows, text)).toEqual([3]);
    const expected = text.toString('latin1').replaceAll('\n', '\tDE\t64500\n');
    expect(Buffer.from(rows.text()).toString('latin1')).toBe(expected);
    expect(rows).toMatchObject({ rows: 3, cut: 0, dead: [] });
  });

  test('keeps rows in the gaps only, whole repeated lines at once', () => {
    const rows = rowsWith();
    const block = sampleBlock('1', '2', 1, 20, [1, 3, 3, 3, 4, 7, 9, 9, 12, 20]);
    expect(rows.add(block, [2, 4, 6, 8, 12, 19])).toEqual([4, 1, 1]);
    expect(rows).toMatchObject({ rows: 6, cut: 4 });
    const positions = Buffer.from(rows.text())
      .toString()
      .trimEnd()
      .split('\n')
      .map((row) => Number(row.split('\t', 1)[0]));
    expect(positions).toEqual([3, 3, 3, 4, 7, 12]);
  });

  test.each<[DeadReason, Partial<SampleRow>]>([
    ['time', { time: '1795132800' }],
    ['time', { time: '1795132800.00' }],
    ['time', { time: '1795132800.0000' }],
    ['time', { time: '0795132800.000' }],
    ['time', { time: '-795132800.000' }],
    ['time', { time: '2026-11-20 10:00:00.000' }],
    ['time', { time: '' }],
    ['action', { action: 'drop' }],
    ['action', { action: '' }],
    ['action', { action: '\\deny' }],
    ['address', { src: '' }],
    ['address', { src: ':::bad' }],
    ['address', { dst: 'host.example' }],
    ['address', { dst: '' }],
    ['address', { src: '1'.repeat(60) }],
    ['number', { src_port: 65_536 }],
    ['number', { dst_port: 70_000 }],
    ['number', { dst_port: -1 }],
    ['number', { dst_port: '' }],
    ['number', { dst_port: '22 ' }],
    ['number', { dst_port: '0x16' }],
    ['number', { length: 4_294_967_296 }],
    ['number', { ttl: 256 }],
    ['number', { ip_id: 65_536 }],
    ['number', { tcp_flags: 256 }],
    ['number', { window: '9'.repeat(400) }],
    ['number', { icmp_type: 256 }],
    ['number', { icmp_code: '1e1' }],
    ['escape', { prefix: 'x\\' }],
    ['escape', { host: '\\N' }],
    ['escape', { extra: 'x\\' }],
    ['escape', { extra: '\\N' }],
    ['escape', { proto: '\\' }],
    ['escape', { prefix: '\\x4' }],
    ['escape', { extra: '\\xzz' }],
    ['columns', { extra: 'a\tb' }],
    ['columns', { proto: 'TCP\n' }],
    ['position', { position: 0 }],
    ['position', { position: 1001 }],
    ['position', { position: '' }],
    ['position', { position: '5 ' }],
    ['position', { position: '5.5' }],
    ['position', { position: '9'.repeat(30) }],
  ])('puts aside for its %s: %o, and goes on with the next', (reason, columns) => {
    const rows = rowsWith();
    const bad = sampleRow({ position: 5, ...columns });
    expect(add(rows, `${sampleRow({ position: 4 })}\n${bad}\n${sampleRow({ position: 6 })}\n`)).toEqual([2]);
    const kept = [4, 6].map((position) => `${sampleRow({ position })}\tDE\t64500\n`);
    expect(Buffer.from(rows.text()).toString()).toBe(kept.join(''));
    expect(rows.dead[0]).toMatchObject({ stream: '1', epoch: '2', reason, position: reason === 'position' ? null : 5 });
    expect(Buffer.from(rows.dead[0]?.row ?? []).toString()).toBe(bad.split('\n')[0]);
  });

  test('every action is one', () => {
    const rows = rowsWith();
    const text = ['deny', 'unknown', 'allow', 'audit'].map((action) => `${sampleRow({ action })}\n`).join('');
    expect(add(rows, text)).toEqual([4]);
  });

  test.each(readdirSync(corpus).filter((name) => name.endsWith('.log')))(
    'every row that the parser writes from %s can be loaded',
    (name) => {
      const log = readFileSync(join(corpus, name));
      const writer = new RowWriter({ host: 'h' });
      expect(writer.write(log, 0, log.length, 0, Date.UTC(2026, 10, 21))).toBe(log.length);
      const { text, rows: written } = writer.take();
      const rows = rowsWith();
      rows.add({ stream: '1', epoch: '1', first: 0, last: log.length, rows: written, text }, all);
      expect(rows.dead.map(({ reason, row }) => [reason, Buffer.from(row).toString()])).toEqual([]);
      expect(rows.rows).toBe(written);
      expect(written).toBeGreaterThan(0);
    },
  );

  test('the greatest value of each column is fine', () => {
    const rows = rowsWith();
    const greatest = { src_port: 65_535, dst_port: 65_535, length: 4_294_967_295, ttl: 255, ip_id: 65_535, tcp_flags: 255 };
    expect(add(rows, `${sampleRow({ ...greatest, window: 65_535, icmp_type: 255, icmp_code: 255 })}\n`)).toEqual([1]);
  });

  test('rows that go back are put aside, and so is a torn end', () => {
    const rows = rowsWith();
    const text = `${sampleRow({ position: 7 })}\n${sampleRow({ position: 6 })}\n${sampleRow({ position: 7 })}\n${sampleRow({ position: 8 })}`;
    expect(add(rows, text)).toEqual([2]);
    expect(rows.dead.map(({ reason }) => reason)).toEqual(['position', 'columns']);
  });

  test('any bytes at all are rows or dead rows, none is lost and nothing else is written', () => {
    const cell = fc.oneof(fc.constantFrom(...sampleRow().split('\t')), fc.string({ unit: 'binary', maxLength: 5 }));
    const line = fc.oneof(
      fc.array(cell, { minLength: 18, maxLength: 22 }).map((cells) => cells.join('\t')),
      fc.constant(sampleRow()),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const rows = rowsWith('', 0);
        const text = Buffer.from(lines.map((one) => `${one}\n`).join(''));
        const [kept] = add(rows, text);
        const total = text.toString('latin1').split('\n').length - 1;
        expect((kept ?? 0) + rows.dead.length).toBe(total);
        const out = Buffer.from(rows.text()).toString('latin1');
        expect(out === '' || out.endsWith('\t\t0\n')).toBe(true);
        for (const row of out.split('\n').slice(0, -1)) expect(row.split('\t')).toHaveLength(22);
      }),
    );
  });

  test('grows for large batches, and the next batch starts empty', () => {
    const rows = rowsWith('DE', 4_294_967_295);
    const text = `${sampleRow({ extra: 'x'.repeat(100) })}\n`.repeat(20_000);
    expect(add(rows, text)).toEqual([20_000]);
    expect(rows.text().length).toBe(text.length + 20_000 * 14);
    rows.clear();
    expect(rows).toMatchObject({ rows: 0, cut: 0, dead: [] });
    expect(rows.add(sampleBlock('1', '1', 1, 3, every(1, 3)), [])).toEqual([]);
    expect(rows).toMatchObject({ rows: 0, cut: 3 });
  });
});
