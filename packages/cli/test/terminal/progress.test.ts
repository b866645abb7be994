import { describe, expect, it } from 'vitest';
import { progressText } from '../../src/terminal/progress.ts';

describe('progressText', () => {
  const half = { name: 'kern.log', done: 50, total: 100, lines: 40_000 };

  it('shows share, lines, rate and what is left', () => {
    expect(progressText(half, 10_000, 100)).toBe(
      'kern.log  ████████████░░░░░░░░░░░░   50 %  40,000 lines  4,000 lines/s  10 s left',
    );
  });

  it('goes without a bar, then cuts the name, where room is short', () => {
    expect(progressText(half, 10_000, 60)).toBe('kern.log   50 %  40,000 lines  4,000 lines/s  10 s left');
    expect(progressText({ ...half, name: 'a-very-long-name-of-a-log.log.1.gz' }, 10_000, 70).length).toBeLessThan(70);
  });

  it('says bytes when the size is not known', () => {
    expect(progressText({ ...half, total: 0 }, 10_000, 100)).toBe('kern.log  50 B  40,000 lines  4,000 lines/s');
  });
});
