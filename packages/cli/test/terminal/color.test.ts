import { describe, expect, it } from 'vitest';
import { wantsColor } from '../../src/terminal/color.ts';

describe('wantsColor', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('%j, terminal %s: %s', (variables, terminal, expected) => expect(wantsColor(variables, terminal)).toBe(expected));
});
