import { gunzipSync, gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import type { KafkaConfig } from './config.ts';

const gzipLevel = 1;

/** Both directions of one codec as kafkajs calls them. */
interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const lz4: Codec = {
  compress: ({ buffer }) => Promise.resolve(compressFrameSync(buffer)),
  decompress: (buffer) => Promise.resolve(decompressFrameSync(buffer)),
};

const gzip: Codec = {
  compress: ({ buffer }) => Promise.resolve(gzipSync(buffer, { level: gzipLevel })),
  decompress: (buffer) => Promise.resolve(gunzipSync(buffer)),
};

/**
 * Teaches kafkajs LZ4, which it names but does not bring (its own plug-ins are dead), and gzip at level 1: at its default level gzip costs more than
 * parsing the lines. Synchronous: a request is small, and a hop through the thread pool costs more than the work.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4;
  CompressionCodecs[CompressionTypes.GZIP] = () => gzip;
}

/** kafkajs' name of a configured compression. */
export function compressionType(name: KafkaConfig['compression']): kafkajs.CompressionTypes {
  const { CompressionTypes } = kafkajs;
  return { lz4: CompressionTypes.LZ4, gzip: CompressionTypes.GZIP, none: CompressionTypes.None }[name];
}
