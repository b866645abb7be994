import { expect, it } from 'vitest';
import { sparkline } from '../../src/terminal/sparkline.ts';

it('is one bar per value; anything is higher than nothing', () => {
  expect(sparkline([0, 1, 1000, 500])).toBe('▁▂█▅');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});
