import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter, DroplensError, type Reporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import {
  createSpool,
  type Append,
  type DeadRow,
  type Delivery,
  type Intent,
  type RowBlock,
  type Spool,
  type TransportReader,
} from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Geo, Loader, type DropsStore } from '../../src/index.ts';
import { tokenOf } from '../../src/loader/token.ts';
import { every, sampleBlock, sampleRow } from './sample-rows.ts';
import { ask, tables, type Tables } from './tables.ts';

describe('loader on the spool and the embedded engine', () => {
  let directory: string;
  let engine: Engine;
  let database = 0;
  let store: Store;
  let reporter: Reporter;
  let spool: Spool;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-loader-'));
    engine = await openEngine({ directory });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    database += 1;
    reporter = createReporter({ registry: new Registry(), level: 'silent' });
    store = new Store({ url: engine.url, ...engine.writer, database: `d${database}`, reporter });
    await store.migrate();
    spool = createSpool(join(directory, `spool${database}`), { maxBytes: 1024 ** 3, reporter });
  });
  afterEach(async () => {
    await spool.writer.close();
    await store.close();
  });

  const append = (...blocks: RowBlock[]): Promise<void> =>
    spool.writer.append({ blocks, undercounts: [], statuses: [], hosts: [] });
  const state = (): Promise<Tables> => tables(engine, `d${database}`);
  const start = async (through: DropsStore = store, reader: TransportReader = spool.reader): Promise<Running> => {
    const registry = new Registry();
    const own = createReporter({ registry, level: 'silent' });
    const geo = new Geo({}, own);
    await geo.start();
    const loader = new Loader({ reader, store: through, geo, reporter: own, config: { retry_initial_ms: 1, retry_max_ms: 5 } });
    await loader.start();
    const metric = async (name: string): Promise<number> => {
      const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
      return values.reduce((sum, { value }) => sum + value, 0);
    };
    return { loader, metric, stop: () => Promise.all([loader.stop(), geo.stop()]) };
  };
  /** Loads all that waits. */
  const load = async (through: DropsStore = store): Promise<Running> => {
    const running = await start(through);
    await Promise.race([spool.drained(), running.loader.finished]);
    await running.stop();
    await running.loader.finished;
    return running;
  };

  test('stores every row once, with its country, in all tables', async () => {
    await append(sampleBlock('1', '10', 1, 1000, every(1, 1000)));
    await append(sampleBlock('18446744073709551615', '10', 1, 5, [2, 2, 2]));
    const { metric } = await load();
    expect(await state()).toMatchObject({
      rows: 1003,
      unique: 1000,
      ledgerRows: 1003,
      mismatches: 0,
      ranges: 2,
      sources: 1003,
      ports: 1003,
    });
    const countries = await ask<{ countries: string }>(
      engine,
      `d${database}`,
      'SELECT toString(uniqExact(country)) AS countries FROM drops',
    );
    expect(Number(countries[0]?.countries)).toBeGreaterThan(20);
    expect(await metric('droplens_loader_rows_total')).toBe(1003);
    expect(await metric('droplens_loader_batches_total')).toBe(2);
    expect(await metric('droplens_loader_lag_seconds')).toBe(0);
  });

  test('what was sent again, with other borders, in one batch or by an import in another lane, is there once', async () => {
    await append(sampleBlock('1', '10', 1, 100, every(1, 100)));
    await load();
    await append(sampleBlock('1', '10', 51, 150, every(51, 150)), sampleBlock('1', '10', 101, 160, every(101, 160)));
    await append(sampleBlock('1', '10', 1, 90, every(1, 90)));
    const imports = createSpool(join(directory, `spool${database}`), { maxBytes: 1024 ** 3, reporter, lane: 'import' });
    await imports.writer.append({
      blocks: [sampleBlock('1', '10', 1, 200, every(1, 200))],
      undercounts: [],
      statuses: [],
      hosts: [],
    });
    await imports.writer.close();
    const running = await start();
    await Promise.all([spool.drained(), imports.drained()]);
    await running.stop();
    expect(await state()).toMatchObject({ rows: 200, unique: 200, ledgerRows: 200, mismatches: 0 });
    expect(await running.metric('droplens_loader_cut_rows_total')).toBe(100 + 60 + 90 + 200 - 100);
  });

  test('ranges without rows reach the ledger, undercount, status and hosts their tables, and all of it again changes nothing', async () => {
    const at = { stream: '1', epoch: '10', time: 1_795_132_800_000, host: 'web-1' };
    const facts = { addresses: [], gateways: ['192.0.2.1'], resolvers: [], listening: [], absent: {} };
    const status: Append = {
      blocks: [{ stream: '1', epoch: '10', first: 1, last: 50, rows: 0, text: new Uint8Array() }],
      undercounts: [{ ...at, position: 20, cause: 'net-ratelimit', count: 7 }],
      statuses: [{ ...at, position: 50, source: '/var/log/kern.log', lines: 9, records: 0, rejected: { 'not-netfilter': 9 } }],
      hosts: [{ host: 'web-1', since: at.time, time: at.time, facts, contacted: [{ address: '192.0.2.9', last: at.time }] }],
    };
    await spool.writer.append(status);
    await spool.writer.append({ ...status, blocks: [] });
    await load();
    await spool.writer.append(status);
    await load();
    expect(await state()).toMatchObject({ rows: 0, ranges: 1, undercounts: 1, statuses: 1 });
    expect(await store.hosts()).toEqual([{ host: 'web-1', since: at.time, time: at.time, ...facts }]);
    expect(await store.contacted()).toEqual([{ address: '192.0.2.9', hosts: ['web-1'], last: at.time }]);
  });

  test('rows that cannot be loaded are kept aside with the reason and hold up nothing', async () => {
    const good = sampleBlock('1', '10', 1, 9, [1, 2, 8]);
    const bad = [sampleRow({ position: 4, dst_port: 70_000 }), sampleRow({ position: 5, src: 'evil.example' }), 'garbage \u00ff'];
    const rows = Buffer.from(good.text).toString().split('\n');
    const text = Buffer.from([rows[0], rows[1], ...bad, rows[2], ''].join('\n'), 'latin1');
    await append({ ...good, rows: 6, text });
    await append(sampleBlock('1', '10', 10, 12, [11]));
    const { metric } = await load();
    expect(await state()).toMatchObject({ rows: 4, unique: 4, ledgerRows: 4, ranges: 2, mismatches: 0 });
    expect(await metric('droplens_loader_dead_rows_total')).toBe(3);
    const dead = join(directory, `spool${database}`, 'dead');
    const kept = readdirSync(dead).flatMap((name) => readFileSync(join(dead, name), 'utf8').trimEnd().split('\n'));
    expect(kept.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { reason: 'number', position: 4, stream: '1', epoch: '10', row: bad[0] },
      { reason: 'address', position: 5, row: bad[1] },
      { reason: 'position', position: null, encoding: 'base64' },
    ]);
  });

  test('asks the ledger once for a source that goes on, and again for what lies before', async () => {
    const asked: number[] = [];
    const counting: DropsStore = {
      ...through(store),
      covered: (ranges, exceptToken) => {
        asked.push(...ranges.map(({ first }) => first));
        return store.covered(ranges, exceptToken);
      },
    };
    for (const first of [101, 201, 301]) await append(sampleBlock('1', '10', first, first + 99, every(first, first + 99)));
    await append(sampleBlock('1', '10', 1, 400, every(1, 400)));
    await append(sampleBlock('1', '10', 401, 500, every(401, 500)));
    await load(counting);
    expect(asked).toEqual([101, 1]);
    expect(await state()).toMatchObject({ rows: 500, unique: 500, ledgerRows: 500, mismatches: 0 });
  });

  test('waits for a database that is not there yet, for ever, and stops at once all the same', async () => {
    await append(sampleBlock('1', '10', 1, 100, every(1, 100)));
    const nowhere = new Store({
      url: 'http://127.0.0.1:9',
      ...engine.writer,
      reporter: createReporter({ registry: new Registry(), level: 'silent' }),
    });
    const waiting = await start(nowhere);
    while ((await waiting.metric('droplens_loader_retries_total')) < 3) await new Promise((go) => setImmediate(go));
    expect(await waiting.metric('droplens_loader_lag_seconds')).toBeGreaterThan(0);
    await waiting.stop();
    await waiting.loader.finished;
    await nowhere.close();
    expect(spool.pending().files).toBe(1);
    await load();
    expect(await state()).toMatchObject({ rows: 100, ledgerRows: 100 });
  });

  test('an answer that got lost, at any step: tried again with the same bytes and the same token', async () => {
    let calls = 0;
    const inserts: string[] = [];
    const lossy =
      <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
      async (...args: T): Promise<R> => {
        const result = await call(...args);
        calls += 1;
        if (calls % 2 === 1) throw new DroplensError('DL_STORE_UNAVAILABLE', 'the answer got lost');
        return result;
      };
    const whole = through(store);
    await append(sampleBlock('1', '10', 1, 100, every(1, 100)));
    await append(sampleBlock('1', '10', 101, 200, every(101, 200)));
    await load({
      ...whole,
      insertDrops: lossy((insert) => {
        inserts.push(`${insert.token} ${insert.loadedAt} ${tokenOf([])} ${Buffer.from(insert.rows).toString('base64')}`);
        return whole.insertDrops(insert);
      }),
      insertLedger: lossy((insert) => whole.insertLedger(insert)),
      covered: lossy((ranges, exceptToken) => whole.covered(ranges, exceptToken)),
    });
    expect(await state()).toMatchObject({ rows: 200, unique: 200, ledgerRows: 200, mismatches: 0 });
    expect(inserts.length).toBeGreaterThanOrEqual(3);
    expect(new Set(inserts).size).toBe(2);
  });

  test.each(['DL_STORE_SCHEMA', 'DL_INTERNAL'] as const)('stops loudly on %s; everything stays in the spool', async (code) => {
    await append(sampleBlock('1', '10', 1, 100, every(1, 100)));
    const broken: DropsStore = {
      ...through(store),
      insertDrops: () => Promise.reject(new DroplensError(code, 'these are not our tables')),
    };
    const running = await start(broken);
    await expect(running.loader.finished).rejects.toMatchObject({ code });
    await running.stop();
    expect(spool.pending().files).toBe(1);
    await load();
    expect(await state()).toMatchObject({ rows: 100, ledgerRows: 100 });
  });

  describe('with the intent of an interrupted try, as a broker gives it', () => {
    const block = sampleBlock('1', '10', 1, 100, every(1, 100));
    const range = { stream: '1', epoch: '10', first: 1, last: 100, rows: 100 };
    const token = tokenOf([range]);
    const loadedAt = 1_795_132_800_000;

    test('stores it under the same token and load time, though the ledger has more by now', async () => {
      const later = { ...range, first: 101, last: 200 };
      await store.insertLedger({ ranges: [later], loadedAt, token: '7', source: 'test' });
      const { saved } = await loadOnce({ blocks: [block], intent: { loadedAt, token } });
      expect(saved).toEqual([{ loadedAt, token }]);
      expect(await state()).toMatchObject({ rows: 100, ledgerRows: 200, mismatches: 0 });
    });

    test('stores nothing when the ledger has the token, and nothing when the insert had been done', async () => {
      await store.insertLedger({ ranges: [range], loadedAt, token, source: 'test' });
      const { saved } = await loadOnce({ blocks: [block], intent: { loadedAt, token } });
      expect(saved).toEqual([]);
      expect(await state()).toMatchObject({ rows: 0, ledgerRows: 100 });
    });

    test('an insert that had been done before the crash is not done twice', async () => {
      await loadOnce({ blocks: [block], intent: null });
      const [row] = await ask<{ token: string; at: string }>(
        engine,
        `d${database}`,
        'SELECT token, toUnixTimestamp64Milli(loaded_at) AS at FROM ledger',
      );
      expect(row?.token).toBe(token);
      const forgetful: DropsStore = {
        ...through(store),
        covered: () => Promise.resolve([]),
        hasToken: () => Promise.resolve(false),
      };
      await loadOnce({ blocks: [block], intent: { loadedAt: Number(row?.at), token } }, forgetful);
      expect(await state()).toMatchObject({ rows: 100, ledgerRows: 100, mismatches: 0 });
    });

    test('stops when what it reads is not what was interrupted', async () => {
      const other = sampleBlock('1', '10', 1, 99, every(1, 99));
      await expect(loadOnce({ blocks: [other], intent: { loadedAt, token } })).rejects.toMatchObject({
        code: 'DL_BATCH_CHANGED',
      });
      expect(await state()).toMatchObject({ rows: 0, ledgerRows: 0 });
    });

    test('a batch that cannot be read again is done if the ledger says so, and a reason to stop otherwise', async () => {
      const lost = { blocks: [], intent: { loadedAt, token }, rebuilt: false };
      await expect(loadOnce(lost)).rejects.toMatchObject({ code: 'DL_BATCH_CHANGED' });
      await store.insertLedger({ ranges: [range], loadedAt, token, source: 'test' });
      expect((await loadOnce(lost)).saved).toEqual([]);
    });

    test('inserts nothing when the intent is refused: somebody else owns the batch', async () => {
      const refuse = (): Promise<void> => Promise.reject(new DroplensError('DL_INTERNAL', 'no longer ours'));
      await expect(loadOnce({ blocks: [block], intent: null, saveIntent: refuse })).rejects.toThrow('no longer ours');
      expect(await state()).toMatchObject({ rows: 0, ledgerRows: 0 });
    });

    /** One delivery through a loader; what it saved and buried. */
    async function loadOnce(
      given: Partial<Delivery>,
      store_: DropsStore = store,
    ): Promise<{ saved: Intent[]; buried: DeadRow[] }> {
      const saved: Intent[] = [];
      const buried: DeadRow[] = [];
      const reader: TransportReader = {
        backlog: () => ({ files: 0, bytes: 0, oldest: null }),
        run: (handler, signal) =>
          handler({
            origin: 'test/0',
            claim: 1,
            blocks: [],
            undercounts: [],
            statuses: [],
            hosts: [],
            intent: null,
            rebuilt: true,
            saveIntent: (intent) => Promise.resolve(void saved.push(intent)),
            bury: (rows) => Promise.resolve(void buried.push(...rows)),
            signal,
            ...given,
          }),
      };
      const running = await start(store_, reader);
      try {
        await running.loader.finished;
      } finally {
        await running.stop();
      }
      return { saved, buried };
    }
  });
});

interface Running {
  readonly loader: Loader;
  readonly metric: (name: string) => Promise<number>;
  readonly stop: () => Promise<unknown>;
}

/** The store's methods as an object that can be spread. */
function through(store: Store): DropsStore {
  return {
    insertDrops: (insert) => store.insertDrops(insert),
    insertLedger: (insert) => store.insertLedger(insert),
    covered: (ranges, exceptToken) => store.covered(ranges, exceptToken),
    hasToken: (token) => store.hasToken(token),
    insertUndercounts: (rows) => store.insertUndercounts(rows),
    insertStatuses: (rows) => store.insertStatuses(rows),
    insertHosts: (rows) => store.insertHosts(rows),
  };
}
