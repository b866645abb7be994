import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter, type Reporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createSpool, type RowBlock, type Spool } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Geo, Loader, type DropsStore } from '../../src/index.ts';
import { every, sampleBlock } from './sample-rows.ts';
import { ask, tables } from './tables.ts';

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

  const append = (...blocks: RowBlock[]): Promise<void> => spool.writer.append({ blocks, undercounts: [], statuses: [] });
  const state = () => tables(engine, `d${database}`);
  const load = async (through: DropsStore = store): Promise<void> => {
    const own = createReporter({ registry: new Registry(), level: 'silent' });
    const geo = new Geo({}, own);
    await geo.start();
    const loader = new Loader({
      reader: spool.reader,
      store: through,
      geo,
      reporter: own,
      config: { retry_initial_ms: 1, retry_max_ms: 5 },
    });
    await loader.start();
    await Promise.race([spool.drained(), loader.finished]);
    await loader.stop();
    await geo.stop();
    await loader.finished;
  };

  test('stores every row once, with its country, in all tables', async () => {
    await append(sampleBlock('1', '10', 1, 1000, every(1, 1000)));
    await append(sampleBlock('18446744073709551615', '10', 1, 5, [2, 2, 2]));
    await load();
    expect(await state()).toMatchObject({
      rows: 1003,
      unique: 1000,
      ledgerRows: 1003,
      mismatches: 0,
      ranges: 2,
      sources: 1003,
      ports: 1003,
    });
  });
});
