import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEngine, openEngine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { batchLimits } from '@droplens/transport';
import { createClient } from '@clickhouse/client';
import { Registry } from 'prom-client';
import { Store } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText, sampleRows, seeded } from './sample-rows.ts';

const loadedAt = Date.now();
const start = loadedAt - 86_400_000;

/** Raw rows, packets in both rollups, and cells in which a rollup differs from the raw rows counted again. */
const account = `SELECT
  (SELECT count() FROM drops) AS rows, (SELECT sum(packets) FROM sources_1h) AS by_source, (SELECT sum(packets) FROM ports_1h) AS by_port,
  (SELECT countIf(a.n != b.n OR a.f != b.f OR a.l != b.l OR a.s != b.s) FROM
    (SELECT src, toStartOfHour(time) AS h, host, action, direction, count() AS n, min(time) AS f, max(time) AS l, countIf(stray) AS s FROM drops GROUP BY ALL) AS a
    FULL JOIN (SELECT src, hour AS h, host, action, direction, sum(packets) AS n, min(first) AS f, max(last) AS l, sum(strays) AS s FROM sources_1h GROUP BY ALL) AS b
    USING (src, h, host, action, direction)) AS different_sources,
  (SELECT countIf(a.n != b.n OR a.u != b.u) FROM
    (SELECT proto, dst_port, toStartOfHour(time) AS h, host, action, direction, count() AS n, uniqExact(src) AS u FROM drops GROUP BY ALL) AS a
    FULL JOIN (SELECT proto, dst_port, hour AS h, host, action, direction, sum(packets) AS n, uniqCombinedMerge(12)(sources) AS u FROM ports_1h GROUP BY ALL) AS b
    USING (proto, dst_port, h, host, action, direction)) AS different_ports`;

describe('insertDrops', () => {
  let opened: OpenedStore;
  beforeAll(async () => {
    opened = await openStore();
  }, 60_000);
  afterAll(async () => await opened.close());

  it('stores every token once in every table, whoever sends it how often in which order', async () => {
    const random = seeded(3);
    const batches = Array.from({ length: 12 }, (_, index) => ({
      rows: rowText(sampleRows({ seed: index, count: 200 + index, start, hours: 20 })),
      loadedAt,
      token: `batch-${index}`,
    }));
    const stores = [opened.store, opened.another(), opened.another()];
    const sends = Array.from({ length: 60 }, (_, index) => ({
      batch: batches.at(index < batches.length ? index : Math.floor(random() * batches.length))!,
      store: stores.at(Math.floor(random() * stores.length))!,
    })).sort(() => random() - 0.5);
    for (let at = 0; at < sends.length; at += 3) {
      await Promise.all(sends.slice(at, at + 3).map(async ({ store, batch }) => await store.insertDrops(batch)));
    }
    const count = batches.reduce((sum, _, index) => sum + 200 + index, 0);
    expect(await opened.rows(account)).toEqual([
      { rows: count, by_source: count, by_port: count, different_sources: 0, different_ports: 0 },
    ]);
  });

  it('stores equal rows of another token again', async () => {
    const before = Number(await opened.value('SELECT count() FROM drops'));
    for (const token of ['x', 'y']) await opened.store.insertDrops({ rows: rowText([plainRow]), loadedAt, token });
    expect(await opened.value('SELECT count() FROM drops')).toBe(before + 2);
    expect(await opened.rows(account)).toMatchObject([
      { rows: before + 2, by_source: before + 2, by_port: before + 2, different_sources: 0, different_ports: 0 },
    ]);
  });

  it('leaves no setting behind: an insert without a token is not taken for the last one', async () => {
    const before = Number(await opened.value('SELECT count() FROM drops'));
    for (let turn = 0; turn < 2; turn += 1) {
      await opened.client.command({
        query: "INSERT INTO drops_in (loaded_at, time, src, dst) SELECT now64(3), now64(3), '::1', '::1'",
      });
    }
    expect(await opened.value('SELECT count() FROM drops')).toBe(before + 2);
  });

  it('keeps the largest batch one block in every table, and so recognises it when it comes again', async () => {
    const largest = opened.another('largest');
    await largest.migrate();
    const tables = ['drops', 'ports_1h', 'sources_1h'];
    for (const table of tables) await opened.client.command({ query: `SYSTEM STOP MERGES largest.${table}` });
    const thousand = rowText(sampleRows({ seed: 5, count: 1000, start, hours: 20 }));
    const copies = Math.floor(batchLimits.bytes / thousand.byteLength);
    const rows = Buffer.concat(Array.from({ length: copies }, () => thousand));
    for (let turn = 0; turn < 2; turn += 1) await largest.insertDrops({ rows, loadedAt, token: 'largest' });
    const parts =
      "SELECT table, count() AS parts FROM system.parts WHERE database = 'largest' AND active AND table != 'migrations'";
    expect(await opened.rows(`${parts} GROUP BY table ORDER BY table`)).toEqual(tables.map((table) => ({ table, parts: 1 })));
    expect(await opened.value('SELECT count() FROM largest.drops')).toBe(copies * 1000);
    for (const table of tables.slice(1)) {
      expect(await opened.value(`SELECT sum(packets) FROM largest.${table}`)).toBe(copies * 1000);
    }
  });

  it('takes an empty batch for done', async () => {
    await expect(opened.store.insertDrops({ rows: new Uint8Array(), loadedAt, token: 'empty' })).resolves.toBeUndefined();
    await expect(opened.store.insertLedger({ ranges: [], loadedAt, token: 'empty', source: '' })).resolves.toBeUndefined();
    expect(await opened.store.hasToken('empty')).toBe(false);
  });
});

describe('a batch whose server is killed', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'droplens-killed-'));
  });
  afterAll(async () => await rm(directory, { recursive: true, force: true }));

  async function startEngine(): Promise<{ child: ChildProcess; url: string; username: string; password: string }> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx/esm', '--conditions=dev', fileURLToPath(new URL('engine-process.ts', import.meta.url)), directory],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
      child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
    });
    return { child, ...(JSON.parse(line) as { url: string; username: string; password: string }) };
  }

  it('is stored once in every table when it is sent again until it is confirmed', async () => {
    const random = seeded(99);
    const reporter = createReporter({ registry: new Registry(), destination: { write: () => undefined } });
    const batches = Array.from({ length: 4 }, (_, index) => ({
      rows: rowText(sampleRows({ seed: 100 + index, count: 20_000, start, hours: 20, sources: 5000 })),
      loadedAt,
      token: `killed-${index}`,
    }));
    let engine = await startEngine();
    let store = new Store({ ...engine, reporter });
    await store.migrate();
    let kills = 0;
    for (const batch of batches) {
      for (let tries = 0; ; tries += 1) {
        const { child } = engine;
        const kill = tries < 2 ? setTimeout(() => child.kill('SIGKILL'), random() * 250) : undefined;
        const stored = await store.insertDrops(batch).then(
          () => true,
          (error: { disposition: string }) => {
            expect(error.disposition).toBe('retry');
            return false;
          },
        );
        clearTimeout(kill);
        if (child.exitCode === null && child.signalCode === null && !child.killed && stored) break;
        await new Promise((resolve) => {
          if (child.signalCode !== null) resolve(null);
          else child.once('exit', resolve);
        });
        kills += 1;
        await store.close();
        engine = await startEngine();
        store = new Store({ ...engine, reporter });
      }
    }
    await store.close();
    engine.child.stdin?.end();
    await new Promise((resolve) => engine.child.once('exit', resolve));
    expect(kills).toBeGreaterThan(0);
    expect(await findEngine(directory)).toBeNull();

    const own = await openEngine({ directory });
    const client = createClient({ url: own.url, ...own.writer, database: 'droplens' });
    const result = await client.query({
      query: account,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    const rows = batches.length * 20_000;
    expect(await result.json()).toMatchObject([{ rows, by_source: rows, by_port: rows, different_sources: 0 }]);
    await client.close();
    await own.close();
  }, 120_000);
});
