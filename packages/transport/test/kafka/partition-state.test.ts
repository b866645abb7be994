import { describe, expect, test } from 'vitest';
import { claimOf, type Claim } from '../../src/kafka/claim.ts';
import { progressOf, stateOf, type PartitionState } from '../../src/kafka/partition-state.ts';

const intent = { last: 14n, sum: 'sum', loadedAt: 1_795_132_800_000, token: '42' };

function stateAt(claim: Claim): PartitionState {
  return stateOf({ role: 'drops', topic: 'droplens.drops.v1', partition: 0 }, claim, { low: 0n, high: 20n });
}

describe('a claim made again', () => {
  test('goes on where this process is', () => {
    const state = stateAt({ kind: 'read', from: 10n, restart: null });
    expect(claimOf({ ...progressOf(state), low: 0n, high: 20n })).toEqual({ kind: 'read', from: 10n, restart: null });
  });

  test('looks at the message that was loaded last: the topic may be another that has grown past it', () => {
    const state = stateAt({ kind: 'read', from: 10n, restart: null });
    state.next = 13n;
    state.loaded = 'look';
    expect(claimOf({ ...progressOf(state), low: 0n, high: 5000n })).toEqual({ kind: 'verify', from: 12n, anchor: 'look' });
    expect(claimOf({ ...progressOf(state), low: 0n, high: 3n })).toEqual({ kind: 'read', from: 0n, restart: 'recreated' });
    expect(claimOf({ ...progressOf(state), low: 15n, high: 20n })).toEqual({ kind: 'read', from: 15n, restart: 'expired' });
  });

  test('still has to look at the message it was told to look at', () => {
    const state = stateAt({ kind: 'verify', from: 9n, anchor: 'look' });
    expect(claimOf({ ...progressOf(state), low: 0n, high: 20n })).toEqual({ kind: 'verify', from: 9n, anchor: 'look' });
  });

  test('still has the interrupted batch before it, however much of it was read', () => {
    const state = stateAt({ kind: 'rebuild', from: 10n, intent });
    state.next = 13n;
    expect(claimOf({ ...progressOf(state), low: 0n, high: 20n })).toEqual({ kind: 'rebuild', from: 10n, intent });
    expect(claimOf({ ...progressOf(state), low: 12n, high: 20n })).toEqual({ kind: 'gone', from: 12n, intent });
  });
});
