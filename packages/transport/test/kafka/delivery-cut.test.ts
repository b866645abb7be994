import * as fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { batchLimits } from '../../src/index.ts';
import { piecesOf } from '../../src/kafka/delivery-cut.ts';

const value = Buffer.alloc(batchLimits.bytes + 1);
const message = (n: string | undefined, bytes: number): KafkaMessage =>
  ({ value: value.subarray(0, bytes), headers: n === undefined ? {} : { n: Buffer.from(n) } }) as unknown as KafkaMessage;
const sizes = (messages: readonly KafkaMessage[]): number[] => [...piecesOf(messages)].map(({ length }) => length);

describe('pieces of what was fetched', () => {
  test('hold every message, in order, and are a batch each', () => {
    const some = fc.tuple(fc.nat({ max: batchLimits.rows }), fc.nat({ max: batchLimits.bytes }));
    const few = fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 100_000 }));
    fc.assert(
      fc.property(fc.array(fc.oneof(some, few), { maxLength: 100 }), (shapes) => {
        const messages = shapes.map(([rows, bytes]) => message(String(rows), bytes));
        const pieces = [...piecesOf(messages)];
        expect(pieces.flat()).toEqual(messages);
        for (const piece of pieces) {
          expect(piece.length).toBeGreaterThan(0);
          expect(piece.reduce((sum, { headers }) => sum + Number(String(headers?.['n'])), 0)).toBeLessThanOrEqual(
            batchLimits.rows,
          );
          expect(piece.reduce((sum, one) => sum + (one.value?.length ?? 0), 0)).toBeLessThanOrEqual(batchLimits.bytes);
        }
      }),
    );
  });

  test('go up to the limits', () => {
    expect(sizes([])).toEqual([]);
    expect(sizes([message('199999', 0), message('1', 0), message('1', 0)])).toEqual([2, 1]);
    expect(sizes([message('1', batchLimits.bytes - 1), message('1', 1), message('1', 1)])).toEqual([2, 1]);
  });

  test('a message that is too large is one of its own', () => {
    expect(sizes([message('1', 1), message('1', batchLimits.bytes + 1), message('1', 1)])).toEqual([1, 1, 1]);
    expect(sizes([message('1', 1), message('999999999', 1), message('1', 1)])).toEqual([1, 1, 1]);
  });

  test.each([undefined, '', 'x', '-5', '1.5', 'NaN', 'Infinity'])('rows of %j count for as many as there can be', (n) => {
    expect(sizes([message('0', 0), message(n === '' ? 'x' : n, batchLimits.rows + 1), message('0', 0)])).toEqual([1, 1, 1]);
  });

  test('a message without a value is taken', () => {
    expect([...piecesOf([{ value: null } as KafkaMessage])]).toHaveLength(1);
  });
});
