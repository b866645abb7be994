/**
 * The partition of a stream: murmur2 of its decimal text, as Java's default partitioner hashes a key (other producers agree), modulo the
 * *configured* number of partitions. Never the topic's present number: a stream that moved while a message is unacknowledged would be stored
 * twice, since two loaders would hold the same lines at once.
 */
export function partitionOfStream(stream: string, partitions: number): number {
  return (murmur2(stream) & 0x7fff_ffff) % partitions;
}

/** murmur2, 32 bit, with Kafka's seed, of ASCII text (https://github.com/apache/kafka, clients/…/common/utils/Utils.java). */
export function murmur2(text: string): number {
  const m = 0x5bd1_e995;
  const length = text.length;
  let h = 0x9747_b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8) | (text.charCodeAt(i + 2) << 16) | (text.charCodeAt(i + 3) << 24);
    k = Math.imul(k, m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = length - i;
  if (rest >= 3) h ^= text.charCodeAt(i + 2) << 16;
  if (rest >= 2) h ^= text.charCodeAt(i + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ text.charCodeAt(i), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}
