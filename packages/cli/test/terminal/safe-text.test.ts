import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, padText, safeText, textWidth } from '../../src/terminal/safe-text.ts';

describe('safeText', () => {
  it.each([
    ['iptables denied: ', 'iptables denied: '],
    ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
    ['a\tb\nc\r', 'a\\tb\\nc\\r'],
    ['\u009b2J', '\\x9b2J'],
    ['\u202etxt.exe', '\\u{202e}txt.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['\u{e0041}tag', '\\u{e0041}tag'],
    ['\ud800', '\\u{d800}'],
    ['e\u0301te\u0301', 'e\u0301te\u0301'],
    [`a${'\u0336'.repeat(5)}`, 'a\u0336\u0336\\u{336}\\u{336}\\u{336}'],
    ['\u3164', '\\u{3164}'],
    ['防火墙 拒绝', '防火墙 拒绝'],
  ])('%j', (text, expected) => expect(safeText(text)).toBe(expected));

  it('never lets anything through that a terminal could act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('textWidth, cutText, padText', () => {
  it.each([
    ['abc', 3],
    ['防火', 4],
    ['e\u0301', 1],
    ['😀', 2],
  ])('%s takes %i columns', (text, width) => expect(textWidth(text)).toBe(width));

  it('cuts between characters and says so', () => {
    expect(cutText('防火墙规则', 6)).toBe('防火…');
    expect(cutText('abcdef', 6)).toBe('abcdef');
    expect(cutText('abcdefg', 6)).toBe('abcde…');
    expect(padText('防火', 6, 'right')).toBe('  防火');
  });

  it('never exceeds the width asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, width) => {
        expect(textWidth(cutText(safeText(text), width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
