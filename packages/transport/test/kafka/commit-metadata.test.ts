import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anchorMetadata, fingerprint, intentMetadata, parseCommitMetadata } from '../../src/kafka/commit-metadata.ts';
import { messagesOf } from '../../src/kafka/drops-message.ts';
import { rowsOf } from '../transport.conformance.ts';

describe('what is committed beside an offset', () => {
  const intent = { last: 2n ** 62n, sum: 'AbC_-1', loadedAt: 1_795_132_800_123, token: 'f00d' };

  test('is read as it was written', () => {
    expect(parseCommitMetadata(intentMetadata(intent))).toEqual({ intent });
    expect(parseCommitMetadata(intentMetadata({ ...intent, token: '' }))).toEqual({ intent: { ...intent, token: '' } });
    expect(parseCommitMetadata(anchorMetadata('AbC_-1'))).toEqual({ anchor: 'AbC_-1' });
  });

  test('stays far below what Kafka takes', () => {
    const longest = intentMetadata({ last: 2n ** 63n - 1n, sum: 'x'.repeat(22), loadedAt: 2 ** 52, token: 'x'.repeat(64) });
    expect(Buffer.byteLength(longest)).toBeLessThan(400);
  });

  test.each<[string, string | null]>([
    ['nothing', null],
    ['the empty text of a reset', ''],
    ["an operator's words", 'moved by bob'],
    ['JSON of something else', '{"v":1}'],
    ['a number', '12'],
    ['a newer version', '{"v":2,"anchor":"x"}'],
    ['both forms at once', '{"v":1,"anchor":"x","last":"1","sum":"s","loaded_at":1,"token":"t"}'],
    ['an offset that is none', '{"v":1,"last":"-1","sum":"s","loaded_at":1,"token":"t"}'],
    ['a load time that is none', '{"v":1,"last":"1","sum":"s","loaded_at":1.5,"token":"t"}'],
  ])('that is %s counts as an offset alone', (_, text) => {
    expect(parseCommitMetadata(text)).toEqual({});
  });

  test('is never more than that, whatever the text', () => {
    const texts = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseCommitMetadata(text)).toEqual({});
      }),
    );
  });
});

describe('the fingerprint of messages', () => {
  const some = rowsOf('1', 1, 3).blocks.flatMap((block) => [...messagesOf(block)]);
  const sent = some.map((message) => ({ ...message, timestamp: '1795132800000' }));

  test('is the same for the same messages', () => {
    expect(fingerprint(sent)).toBe(fingerprint(structuredClone(sent).map((one) => ({ ...one, value: Buffer.from(one.value) }))));
    expect(fingerprint(sent)).toMatch(/^[\w-]{22}$/);
  });

  test('is another for other lines, another time, other borders, and others behind', () => {
    const [one] = sent;
    if (one === undefined) throw new Error('no message');
    const prints = [
      sent,
      [...sent, one],
      [],
      [{ ...one, timestamp: '1795132800001' }],
      [{ ...one, headers: { ...one.headers, epoch: '9' } }],
      [{ ...one, headers: { ...one.headers, last: '4' } }],
      [{ ...one, value: Buffer.from('garbage') }],
      [{ ...one, value: Buffer.from('rubbish') }],
      [{ ...one, value: null }],
    ].map(fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
  });
});
