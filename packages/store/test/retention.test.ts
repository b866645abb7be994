import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retentionConfig } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

const day = 86_400_000;
const now = Date.now();
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

const defaults = retentionConfig.parse({});

describe('applyRetention', () => {
  it('has nothing to do for the defaults', async () => {
    expect(defaults).toEqual({ raw_days: 30, rollup_days: 400 });
    expect(await opened.store.applyRetention(defaults)).toEqual([]);
  });

  it('keeps history that is old by event time, because it counts from loading', async () => {
    const rows = rowText([{ ...plainRow, time: now - 5000 * day, host: 'imported' }]);
    await opened.store.insertDrops({ rows, loadedAt: now, token: 'imported' });
    await opened.client.command({ query: 'OPTIMIZE TABLE drops FINAL' });
    expect(await opened.value("SELECT count() FROM drops WHERE host = 'imported'")).toBe(1);
    expect(await opened.value("SELECT sum(packets) FROM sources_1h WHERE host = 'imported'")).toBe(1);
  });

  it('changes what is kept, for rows that are there already, and says which tables', async () => {
    for (const [token, age] of [
      ['new', 1],
      ['old', 20],
      ['older', 29],
    ] as const) {
      await opened.store.insertDrops({ rows: rowText([{ ...plainRow, host: token }]), loadedAt: now - age * day, token });
    }
    expect(await opened.store.applyRetention({ raw_days: 10, rollup_days: 400 })).toEqual(['drops', 'contacted']);
    expect(await opened.store.applyRetention({ raw_days: 10, rollup_days: 400 })).toEqual([]);
    await opened.client.command({ query: 'OPTIMIZE TABLE drops FINAL SETTINGS mutations_sync = 2' });
    await expect
      .poll(async () => (await opened.rows<{ host: string }>('SELECT host FROM drops ORDER BY host')).map((row) => row.host), {
        timeout: 15_000,
      })
      .toEqual(['imported', 'new']);
    expect(await opened.value('SELECT sum(packets) FROM sources_1h')).toBe(4);
  });

  it('lets the hourly history and the ledger go, too', async () => {
    expect(await opened.store.applyRetention({ raw_days: 1, rollup_days: 2 })).toEqual([
      'drops',
      'sources_1h',
      'ports_1h',
      'ledger',
      'undercount',
      'status',
      'hosts',
      'contacted',
    ]);
    expect(await opened.store.applyRetention(defaults)).toHaveLength(8);
    expect(await opened.store.applyRetention(defaults)).toEqual([]);
  });

  it.each([{ raw_days: 0 }, { raw_days: 1.5 }, { rollup_days: -1 }, { rollup_days: 1e9 }, { days: 3 }])(
    'refuses %j',
    (config) => {
      expect(retentionConfig.safeParse(config).success).toBe(false);
    },
  );
});
