import { afterAll, describe, expect, it } from 'vitest';
import { Trials } from './trial.ts';
import { worlds } from './worlds.ts';

const trials = new Trials();
afterAll(() => trials.print('The protocol, whatever happens'));

describe('the delivery protocol', () => {
  it.each(Object.entries(worlds))('stores every line exactly once: %s', (name, bounds) => {
    const verdict = trials.run({ name, change: {}, bounds });
    expect(verdict.wrong).toBeNull();
    // Without ends it would be true that nothing is lost at them.
    expect(verdict.ends).toBeGreaterThan(0);
  });
});
