import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import type { Range } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RefusedRows } from '../../src/loader/refused-rows.ts';
import { identity, sampleRow } from './sample-rows.ts';
import { tables } from './tables.ts';

/** Rows that the loader's own checks would not let through, so that the real database refuses them. */
describe('RefusedRows on the embedded engine', () => {
  let directory: string;
  let engine: Engine;
  let store: Store;
  let database = 0;
  let inserts = 0;
  let refused: RefusedRows;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-refused-'));
    engine = await openEngine({ directory });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    database += 1;
    inserts = 0;
    const reporter = createReporter({ registry: new Registry(), level: 'silent' });
    store = new Store({ url: engine.url, ...engine.writer, database: `d${database}`, reporter });
    await store.migrate();
    refused = new RefusedRows((insert) => {
      inserts += 1;
      return store.insertDrops(insert);
    });
    return () => store.close();
  });

  const batch = (count: number, bad: readonly number[]): { rows: Uint8Array; loadedAt: number; token: string } => {
    let text = '';
    for (let i = 1; i <= count; i++) {
      text += `${sampleRow({ ...identity(i), ...(bad.includes(i) ? { src: 'no address' } : {}) })}\t\t0\n`;
    }
    return { rows: Buffer.from(text), loadedAt: 1_795_132_800_000, token: '42' };
  };
  const ranges = (...counts: number[]): Range[] =>
    counts.map((rows, i) => ({ stream: `${i + 1}`, epoch: '1', first: 1, last: 10_000, rows }));
  const insert = (given: ReturnType<typeof batch>, of: Range[]): ReturnType<RefusedRows['insert']> =>
    refused.insert(given, of, new AbortController().signal);

  test.each([[[]], [[1]], [[500]], [[250, 251]], [[1, 2, 100, 499, 500]]])(
    'finds rows %j of 500 and stores the rest once',
    async (bad) => {
      const found = await insert(batch(500, bad), ranges(100, 0, 400));
      expect(found.map(({ position, stream }) => [position, stream])).toEqual(bad.map((row) => [row, row <= 100 ? '1' : '3']));
      for (const { row, reason } of found) {
        expect(Buffer.from(row).toString()).toMatch(/\tno address\t.*SEQ=\d+$/);
        expect(reason).toMatch(/^refused: /);
      }
      expect(await tables(engine, `d${database}`)).toMatchObject({
        rows: 500 - bad.length,
        unique: 500 - bad.length,
        mismatches: 0,
      });
      expect(inserts).toBeLessThan(2 + bad.length * 20);
    },
  );

  test('the same search again, as after a crash, stores nothing twice', async () => {
    const bad = [7, 300];
    for (let i = 0; i < 3; i++) expect(await insert(batch(500, bad), ranges(500))).toHaveLength(2);
    expect(await tables(engine, `d${database}`)).toMatchObject({ rows: 498, unique: 498, mismatches: 0 });
  });

  test('a batch of a single bad row', async () => {
    expect(await insert(batch(1, [1]), ranges(1))).toHaveLength(1);
    expect(inserts).toBe(1);
  });

  test('a database that refuses everything is not believed: it stops', async () => {
    const all = Array.from({ length: 500 }, (_, i) => i + 1);
    await expect(insert(batch(500, all), ranges(500))).rejects.toMatchObject({
      code: 'DL_DATABASE_REFUSES_ROWS',
      disposition: 'fatal',
    });
    expect(await tables(engine, `d${database}`)).toMatchObject({ rows: 0 });
  });

  test('also one row at a time', async () => {
    const one = async (): Promise<number> => (await insert(batch(1, [1]), ranges(1))).length;
    const outcomes = [];
    for (let i = 0; i < 101; i++) outcomes.push(await one().catch((error: { code: string }) => error.code));
    expect(outcomes.at(-1)).toBe('DL_DATABASE_REFUSES_ROWS');
    expect(outcomes.slice(0, 100).every((outcome) => outcome === 1)).toBe(true);
  });
});
