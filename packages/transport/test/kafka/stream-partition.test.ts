import * as fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionOfStream } from '../../src/kafka/stream-partition.ts';

describe("a stream's partition", () => {
  // as in Kafka's own UtilsTest
  test.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('the hash of %s is that of the Java client', (text, hash) => {
    expect(murmur2(text)).toBe(hash);
  });

  test('is where the default partitioner puts that key', () => {
    const choose = kafkajs.Partitioners.DefaultPartitioner();
    const count = fc.integer({ min: 1, max: 200 });
    const check = (stream: bigint, partitions: number): void => {
      const key = String(stream);
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }));
      const chosen = choose({ topic: 'drops', partitionMetadata: partitionMetadata as never, message: { key, value: '' } });
      expect(partitionOfStream(key, partitions)).toBe(chosen);
    };
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), count, check));
  });

  test('spreads streams over all partitions', () => {
    const counts = Array.from({ length: 6 }, () => 0);
    for (let stream = 0; stream < 6000; stream++) counts[partitionOfStream(String(stream), 6)]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
