import { describe, expect, it } from 'vitest';
import { labels, trafficClasses } from '../src/labels.ts';

describe('trafficClasses', () => {
  it('shares add up to 1', () => {
    expect(labels.reduce((sum, label) => sum + trafficClasses[label].share, 0)).toBeCloseTo(1, 10);
  });

  it('hold every intent', () => {
    expect(new Set(labels.map((label) => trafficClasses[label].intent))).toEqual(
      new Set(['malicious', 'research', 'innocent', 'forged']),
    );
  });
});
