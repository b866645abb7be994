import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { batchLimits } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressBytes } from '../../src/geo/address-bytes.ts';
import { AddressCache } from '../../src/geo/address-cache.ts';
import { RowWriter } from '../../src/index.ts';
import { BatchRows } from '../../src/loader/batch-rows.ts';
import { sourceBytes } from '../../src/loader/source-value.ts';
import { identity, sampleRow } from './sample-rows.ts';
import { ask, tables } from './tables.ts';

const corpus = join(import.meta.dirname, '../../../../test/corpus');
const countries = ['', 'DE', 'NL', 'US'];

/** Every address has a country and an AS number of its own. */
const somewhere = {
  lookup: (address: string) => ({
    country: countries[address.length % countries.length] as string,
    asn: address.length * 300_000_000,
  }),
};

function rowsOf(text: string | Uint8Array): BatchRows {
  const bytes = Buffer.from(text as Uint8Array);
  const rows = new BatchRows(new AddressCache((address) => sourceBytes(address, somewhere)), new AddressCache(addressBytes));
  rows.add({ stream: '1', epoch: '1', first: 0, last: Number.MAX_SAFE_INTEGER, rows: 1, text: bytes }, [
    0,
    Number.MAX_SAFE_INTEGER,
  ]);
  return rows;
}

/** The database reads text by itself: what it makes of the text is what the columns must say. */
describe('a batch as columns on the embedded engine', () => {
  let directory: string;
  let engine: Engine;
  let database = 0;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-columns-'));
    engine = await openEngine({ directory });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });

  /** Stores the rows in both ways and returns the rows that only one of them has. */
  async function differences(rows: BatchRows): Promise<unknown[]> {
    database += 1;
    const reporter = createReporter({ registry: new Registry(), level: 'silent' });
    for (const [format, bytes] of [
      ['Native', rows.native()],
      ['TabSeparated', rows.text()],
    ] as const) {
      const store = new Store({ url: engine.url, ...engine.writer, database: `${format}${database}`, reporter });
      await store.migrate();
      await store.insertDrops({ rows: bytes, format, loadedAt: 1_795_132_800_000, token: '1' });
      await store.close();
    }
    const [count] = await ask<{ n: string }>(engine, `Native${database}`, 'SELECT count() AS n FROM drops');
    expect(Number(count?.n)).toBe(rows.rows);
    const one = (format: string): string => `SELECT *, count() AS times FROM ${format}${database}.drops GROUP BY ALL`;
    return await ask(
      engine,
      'default',
      `(${one('Native')} EXCEPT ${one('TabSeparated')}) UNION ALL (${one('TabSeparated')} EXCEPT ${one('Native')})`,
    );
  }

  test.each(readdirSync(corpus).filter((name) => name.endsWith('.log')))('every row of %s', async (name) => {
    const log = readFileSync(join(corpus, name));
    const writer = new RowWriter({ host: 'h' });
    writer.write(log, 0, log.length, 0, Date.UTC(2026, 10, 21));
    expect(await differences(rowsOf(writer.take().text))).toEqual([]);
  });

  test('addresses in any notation, texts of any length and the greatest numbers', async () => {
    const addresses = ['0.0.0.0', '::', '::1', '1::', '::1.2.3.4', '2001:DB8::5:0', '2001:0db8:0000:0000:0000:0000:0000:0001'];
    const numbers = { src_port: 65_535, length: 4_294_967_295, ttl: 255, ip_id: 65_535, tcp_flags: 255, window: 65_535 };
    const text = [
      ...addresses.map((src) => sampleRow({ src, dst: src })),
      ...[0, 1, 126, 127, 128, 129, 16_383, 16_384, 70_000].map((length) => sampleRow({ extra: 'x'.repeat(length) })),
      ...[0, 127, 128, 300].map((length) => sampleRow({ host: 'h'.repeat(length), prefix: 'p'.repeat(length) })),
      sampleRow({ ...numbers, position: Number.MAX_SAFE_INTEGER, time: '9999999999.999', icmp_type: 255, icmp_code: 255 }),
    ];
    expect(await differences(rowsOf(text.map((row) => `${row}\n`).join('')))).toEqual([]);
  });

  test('escapes wherever they stand, and bytes that are no UTF-8', async () => {
    const cells = ['\\\\', 'a\\tb', '\\n', '\\0x', '\\x41', 'q\\q', "\\'", '\\\\\\\\', '\\b\\f\\r', 'ü', '\xff\xfe'];
    const text = cells.flatMap((cell, i) => [
      sampleRow({ ...identity(10 * i + 1), host: cell, prefix: 'p' }),
      sampleRow({ ...identity(10 * i + 2), prefix: cell, in_iface: cell, out_iface: cell }),
      sampleRow({ ...identity(10 * i + 3), proto: cell, extra: `${'x'.repeat(i)}${cell}` }),
      sampleRow({ ...identity(10 * i + 4), extra: `${'x'.repeat(125)}${cell}y` }),
    ]);
    const rows = rowsOf(Buffer.from(text.map((row) => `${row}\n`).join(''), 'latin1'));
    expect(rows.dead).toEqual([]);
    expect(await differences(rows)).toEqual([]);
  });

  test('more different labels than a byte and than two can number', async () => {
    const many = (count: number): string =>
      Array.from(
        { length: count },
        (_, i) => `${sampleRow({ position: i + 1, host: `h${i}`, prefix: `p${i % 300}`, extra: '' })}\n`,
      ).join('');
    expect(await differences(rowsOf(many(70_000)))).toEqual([]);
  });

  test('the largest batch is one part in every table, and is recognised when it comes again', async () => {
    const text = Array.from({ length: batchLimits.rows }, (_, i) => `${sampleRow(identity(i + 1))}\n`).join('');
    const rows = rowsOf(text);
    expect(rows.rows).toBe(batchLimits.rows);
    const reporter = createReporter({ registry: new Registry(), level: 'silent' });
    const store = new Store({ url: engine.url, ...engine.writer, database: 'largest', reporter });
    await store.migrate();
    for (let turn = 0; turn < 2; turn++) {
      await store.insertDrops({ rows: rows.native(), format: 'Native', loadedAt: 1_795_132_800_000, token: 'largest' });
    }
    await store.close();
    const parts =
      "SELECT table, count() AS parts FROM system.parts WHERE database = 'largest' AND active AND rows > 3 GROUP BY table ORDER BY table";
    expect(
      (await ask<{ table: string; parts: string }>(engine, 'largest', parts)).map((row) => [row.table, Number(row.parts)]),
    ).toEqual([
      ['drops', 1],
      ['ports_1h', 1],
      ['sources_1h', 1],
    ]);
    expect(await tables(engine, 'largest')).toMatchObject({
      rows: batchLimits.rows,
      unique: batchLimits.rows,
      sources: batchLimits.rows,
      ports: batchLimits.rows,
      mismatches: 0,
    });
  });

  test('memory that held another batch leaves nothing behind', async () => {
    const rows = rowsOf(`${sampleRow({ host: 'before', extra: 'x'.repeat(500) })}\n`.repeat(1000));
    rows.clear();
    const text = Buffer.from([1, 2, 3].map((position) => `${sampleRow(identity(position))}\n`).join(''));
    expect(rows.add({ stream: '1', epoch: '1', first: 0, last: 9, rows: 3, text }, [0, 9])).toEqual([3]);
    expect(await differences(rows)).toEqual([]);
  });
});
