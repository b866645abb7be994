import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerRange } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { seeded } from './sample-rows.ts';

const loadedAt = Date.now();
let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

function range(stream: string, epoch: string, first: number, last: number, rows = 1): LedgerRange {
  return { stream, epoch, first, last, rows };
}

const byFirst = (a: LedgerRange, b: LedgerRange): number => a.first - b.first || a.last - b.last;

describe('covered', () => {
  it('answers as looking through all ranges does, overlaps and holes included', async () => {
    const random = seeded(17);
    const streams = ['1', '18446744073709551615', '9007199254740993'];
    const epochs = ['0', '18446744073709551614'];
    const pick = <T>(values: readonly T[]): T => values.at(Math.floor(random() * values.length))!;
    const written: (LedgerRange & { token: string })[] = [];
    for (let batch = 0; batch < 40; batch += 1) {
      const token = `t${batch % 30}x${batch}`;
      const ranges = Array.from({ length: 25 }, () => {
        const first = Math.floor(random() * 10_000);
        return range(pick(streams), pick(epochs), first, first + Math.floor(random() * 300), Math.floor(random() * 5));
      });
      await opened.store.insertLedger({ ranges, loadedAt: loadedAt + batch, token, source: `batch ${batch}` });
      written.push(...ranges.map((one) => ({ ...one, token })));
    }
    for (let turn = 0; turn < 60; turn += 1) {
      const first = Math.floor(random() * 10_000);
      const asked = range(pick(streams), pick(epochs), first, first + Math.floor(random() * 500));
      const except = turn % 2 === 0 ? '' : pick(written).token;
      const expected = written
        .filter((one) => one.stream === asked.stream && one.epoch === asked.epoch && one.token !== except)
        .filter((one) => one.first <= asked.last && one.last >= asked.first)
        .map(({ token: _token, ...one }) => one);
      expect((await opened.store.covered([asked], except)).toSorted(byFirst)).toEqual(expected.toSorted(byFirst));
    }
  });

  it('answers for several epochs at once, and nothing for no question', async () => {
    await opened.store.insertLedger({
      ranges: [range('7', '1', 1, 5), range('7', '2', 1, 9), range('8', '1', 3, 4)],
      loadedAt,
      token: 'many',
      source: '',
    });
    expect(await opened.store.covered([range('7', '1', 1, 1), range('8', '1', 1, 99), range('7', '2', 10, 11)])).toEqual([
      range('7', '1', 1, 5),
      range('8', '1', 3, 4),
    ]);
    expect(await opened.store.covered([])).toEqual([]);
  });

  it('keeps positions beyond 32 bits and the largest a number can hold', async () => {
    const far = range('9', '1', 2 ** 40, Number.MAX_SAFE_INTEGER);
    await opened.store.insertLedger({ ranges: [far], loadedAt, token: 'far', source: "it's \\ a\ttab" });
    expect(await opened.store.covered([range('9', '1', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)])).toEqual([far]);
    expect(await opened.value("SELECT source FROM ledger WHERE token = 'far'")).toBe("it's \\ a\ttab");
  });

  it('reads few rows of a ledger of millions', async () => {
    await opened.client.command({
      query: `INSERT INTO ledger SELECT now64(3), 77, 1 + intDiv(number, 1000000), 1 + (number % 1000000) * 100, (number % 1000000) * 100 + 100, 1, hex(cityHash64(number)), 'x' FROM numbers(3000000)`,
    });
    const asked = range('77', '3', 50_000_001, 50_000_400);
    expect(await opened.store.covered([asked])).toHaveLength(4);
    const plan = await opened.rows<{ explain: string }>(
      'EXPLAIN indexes = 1 SELECT first FROM ledger WHERE stream = 77 AND epoch = 3 AND first <= 50000400 AND last >= 50000001',
    );
    const granules = plan.map((row) => /Granules: (\d+)\/(\d+)/.exec(row.explain)).filter((match) => match !== null);
    expect(Number(granules.at(-1)?.[1])).toBeLessThanOrEqual(8);
    expect(Number(granules.at(0)?.[2])).toBeGreaterThan(2000);
  });

  it('knows a token among millions', async () => {
    expect(await opened.store.hasToken('far')).toBe(true);
    expect(await opened.store.hasToken('FAR')).toBe(false);
  });
});
