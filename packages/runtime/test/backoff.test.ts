import { describe, expect, it } from 'vitest';
import { Backoff, pause } from '../src/backoff.ts';

describe('Backoff', () => {
  it('doubles up to its maximum and starts again after a reset', () => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000 }, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('never waits less than half of the base', () => {
    expect(new Backoff({ initialMs: 100, maxMs: 1000 }, () => 0).next()).toBe(50);
  });
});

describe('pause', () => {
  it('ends at once when its signal aborts', async () => {
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await expect(paused).resolves.toBeUndefined();
  });
});
