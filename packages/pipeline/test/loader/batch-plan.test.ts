import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../src/geo/address-bytes.ts';
import { AddressCache } from '../../src/geo/address-cache.ts';
import { epochKey, planBatch } from '../../src/loader/batch-plan.ts';
import { BatchRows } from '../../src/loader/batch-rows.ts';
import { Coverage } from '../../src/loader/coverage.ts';
import { sourceBytes } from '../../src/loader/source-value.ts';
import { sourceBlock } from './crash-sources.ts';

const nowhere = { lookup: () => ({ country: '', asn: 0 }) };
const rows = new BatchRows(
  new AddressCache((address) => sourceBytes(address, nowhere), 1024),
  new AddressCache(addressBytes, 1024),
);

function stored(): string[] {
  return Buffer.from(rows.text()).toString().split('\n').slice(0, -1);
}

const stretch = fc.tuple(fc.constantFrom('1', '2'), fc.integer({ min: 1, max: 300 }), fc.nat(150));

describe('planBatch', () => {
  test('whatever is sent again and with whatever borders, in however many batches: every row once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(stretch, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), (batches) => {
        const ledger = new Map([1, 2].map((stream) => [`${stream} ${stream}000`, new Coverage()]));
        const found: string[] = [];
        const wanted = new Set<string>();
        let ledgerRows = 0;
        for (const batch of batches) {
          const blocks = batch.map(([stream, first, length]) => sourceBlock(stream, first, first + length));
          const plan = planBatch(blocks, ledger, rows);
          found.push(...stored());
          ledgerRows += plan.ranges.reduce((sum, range) => sum + range.rows, 0);
          const texts = blocks.flatMap((block) => Buffer.from(block.text).toString().split('\n').slice(0, -1));
          for (const row of texts) wanted.add(`${row}\t\t0`);
        }
        expect(new Set(found)).toEqual(wanted);
        expect(ledgerRows).toBe(found.length);
        // a repeated line is three equal rows, and stays three
        for (const row of new Set(found)) expect(found.filter((other) => other === row)).toHaveLength(repeats(row));
      }),
    );
  });

  test('the same batch against the same ledger is the same bytes under the same token', () => {
    const plan = (): [string, string, string] => {
      const covered = new Map([['1 1000', new Coverage([50, 60])]]);
      const { token } = planBatch([sourceBlock('1', 1, 100), sourceBlock('1', 80, 120)], covered, rows);
      return [token, Buffer.from(rows.native()).toString('latin1'), Buffer.from(rows.text()).toString()];
    };
    const first = plan();
    planBatch([sourceBlock('2', 1, 500)], new Map([['2 2000', new Coverage()]]), rows);
    expect(plan()).toEqual(first);
  });

  test('ranges without rows are planned, and what is covered whole is not', () => {
    const block = { stream: '1', epoch: '1', first: 1, last: 9, rows: 0, text: new Uint8Array() };
    const covered = new Map([[epochKey(block), new Coverage()]]);
    expect(planBatch([block], covered, rows).ranges).toEqual([{ stream: '1', epoch: '1', first: 1, last: 9, rows: 0 }]);
    expect(planBatch([block], covered, rows).ranges).toEqual([]);
  });
});

function repeats(row: string): number {
  return Number(row.split('\t', 1)[0]) % 97 === 0 ? 3 : 1;
}
