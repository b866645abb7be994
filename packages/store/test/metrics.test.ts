import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { createStoreMetrics } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

describe('metrics of the store', () => {
  it('are registered once, however many stores there are', () => {
    const registry = new Registry();
    expect(createStoreMetrics(registry)).toBe(createStoreMetrics(registry));
    expect(createStoreMetrics(new Registry())).not.toBe(createStoreMetrics(registry));
  });

  it('count what the database has confirmed, and time it', async () => {
    const { store, reporter } = opened;
    await store.insertDrops({ rows: rowText([plainRow, plainRow, plainRow]), loadedAt: Date.now(), token: 'm' });
    await expect(store.insertDrops({ rows: Buffer.from('bad\n'), loadedAt: Date.now(), token: 'n' })).rejects.toThrow('27');
    await store.insertLedger({
      ranges: [{ stream: '1', epoch: '1', first: 1, last: 2, rows: 3 }],
      loadedAt: Date.now(),
      token: 'm',
      source: '',
    });
    await store.topSources();
    const rows = await createStoreMetrics(reporter.registry).rows.get();
    expect(rows.values.map(({ labels, value }) => [labels.table, value])).toEqual([
      ['drops', 3],
      ['ledger', 1],
    ]);
    const text = await reporter.registry.metrics();
    expect(text).toContain('droplens_store_insert_duration_seconds_count{table="drops"} 1');
    expect(text).toContain('droplens_store_query_duration_seconds_count{query="top-sources"} 1');
  });
});
