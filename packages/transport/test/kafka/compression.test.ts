import * as fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { compressionType, registerCodecs } from '../../src/kafka/compression.ts';

registerCodecs();

interface Codec {
  readonly compress: (encoder: { buffer: Buffer }) => Promise<Buffer>;
  readonly decompress: (buffer: Buffer) => Promise<Buffer>;
}
const codec = (type: number): Codec => (kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>)[type]!();

describe.each(['lz4', 'gzip'] as const)('%s', (name) => {
  const { compress, decompress } = codec(compressionType(name));

  test('gives back what it was given', async () => {
    const bytes = fc.uint8Array({ maxLength: 5000 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 50 }), async (some, times) => {
        const buffer = Buffer.concat(Array.from({ length: times }, () => some));
        expect((await decompress(await compress({ buffer }))).equals(buffer)).toBe(true);
      }),
    );
  });

  test('refuses what is damaged, and does not crash', async () => {
    const packed = await compress({ buffer: Buffer.from('row\n'.repeat(1000)) });
    for (const broken of [packed.subarray(0, packed.length >> 1), Buffer.from('not compressed at all'), Buffer.alloc(0)]) {
      const outcome = await Promise.resolve()
        .then(() => decompress(broken))
        .then(
          (bytes) => bytes.toString(),
          () => 'refused',
        );
      expect(outcome).not.toContain('row\n'.repeat(1000));
    }
  });
});

test('lz4 writes frames of format 1.6.1, as Kafka wants them since message format 2', async () => {
  const packed = await codec(kafkajs.CompressionTypes.LZ4).compress({ buffer: Buffer.from('x'.repeat(100_000)) });
  expect(packed.readUInt32LE(0)).toBe(0x184d2204);
  const independent = 0x20;
  const version = 0x40;
  expect((packed[4] as number) & 0xc0).toBe(version);
  expect(independent).toBe((packed[4] as number) & independent);
});

test('gzip is any gzip', async () => {
  const { compress, decompress } = codec(kafkajs.CompressionTypes.GZIP);
  expect(String(await decompress(gzipSync('rows', { level: 9 })))).toBe('rows');
  expect(String(gunzipSync(await compress({ buffer: Buffer.from('rows') })))).toBe('rows');
});
