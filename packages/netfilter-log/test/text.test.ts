import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanText } from '../src/index.ts';
import { unescapeHex } from '../src/text.ts';

const clean = (...bytes: number[]): string => cleanText(Uint8Array.from(bytes), 0, bytes.length);

it.each<[bytes: number[], text: string]>([
  [[], ''],
  [[0x61, 0x20, 0x7e], 'a ~'],
  [[0x5c], '\\'],
  [[0x00, 0x09, 0x0a, 0x1b, 0x7f], '\\x00\\x09\\x0a\\x1b\\x7f'],
  [[0xc3, 0xa9], 'é'],
  [[0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], '€😀'],
  [[0xc2, 0x9b], '\\xc2\\x9b'], // a terminal would take it for the beginning of a command
  [[0xc3], '\\xc3'],
  [[0xc0, 0xaf], '\\xc0\\xaf'], // overlong
  [[0xe0, 0x80, 0xaf], '\\xe0\\x80\\xaf'],
  [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'], // a surrogate
  [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
  [[0xff, 0x41], '\\xffA'],
])('%j', (bytes, text) => {
  expect(clean(...bytes)).toBe(text);
});

it('of any bytes has no control character and comes out of UTF-8 as it went in', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = clean(...bytes);
      expect(text).not.toMatch(/\p{Cc}|\ufffd/u);
      expect(new TextDecoder('utf-8', { fatal: true }).decode(new TextEncoder().encode(text))).toBe(text);
    }),
  );
});

it('of valid text is the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/\p{Cc}/u.test(text));
      expect(clean(...new TextEncoder().encode(text))).toBe(text);
    }),
  );
});

it('undoes the escapes of /dev/kmsg and leaves what only looks like one', () => {
  const bytes = new TextEncoder().encode('a\\x5cb\\xff\\xg0\\x4');
  const target = new Uint8Array(64);
  const length = unescapeHex(bytes, 0, bytes.length, target);
  expect(clean(...target.subarray(0, length))).toBe('a\\b\\xff\\xg0\\x4');
});
