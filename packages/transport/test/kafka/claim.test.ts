import { describe, expect, test } from 'vitest';
import { claimOf, type Claim, type PartitionFacts } from '../../src/kafka/claim.ts';
import { anchorMetadata, intentMetadata } from '../../src/kafka/commit-metadata.ts';

const intent = { last: 19n, sum: 's', loadedAt: 1, token: 't' };
const open = intentMetadata(intent);
const anchored = anchorMetadata('a');
const read = (from: bigint, restart: 'recreated' | 'expired' | null = null): Claim => ({ kind: 'read', from, restart });

describe('a claim', () => {
  test.each<[string, [committed: bigint, metadata: string | null, low: bigint, high: bigint], Claim]>([
    ['nothing committed, nothing there', [-1n, null, 0n, 0n], read(0n)],
    ['nothing committed, the beginning deleted', [-1n, null, 7n, 30n], read(7n)],
    ['committed by hand', [10n, '', 0n, 30n], read(10n)],
    ['committed by another tool, with its own words', [10n, 'not ours', 0n, 30n], read(10n)],
    ['committed at the end', [30n, '', 0n, 30n], read(30n)],
    ['committed beyond the end', [31n, '', 0n, 30n], read(0n, 'recreated')],
    ['committed beyond the end, with an anchor', [31n, anchored, 5n, 30n], read(5n, 'recreated')],
    ['the committed offset deleted', [10n, '', 11n, 30n], read(11n, 'expired')],
    ['the committed offset deleted, with an anchor', [10n, anchored, 11n, 30n], read(11n, 'expired')],
    ['an anchor', [10n, anchored, 0n, 30n], { kind: 'verify', from: 9n, anchor: 'a' }],
    ['an anchor and nothing new', [30n, anchored, 0n, 30n], { kind: 'verify', from: 29n, anchor: 'a' }],
    ['an anchor whose message is deleted', [10n, anchored, 10n, 30n], read(10n)],
    ['an anchor and an empty topic of the same length', [10n, anchored, 10n, 10n], read(10n)],
    ['an interrupted batch', [10n, open, 0n, 30n], { kind: 'rebuild', from: 10n, intent }],
    ['an interrupted batch at the end', [10n, open, 10n, 20n], { kind: 'rebuild', from: 10n, intent }],
    ['an interrupted batch that the topic never had', [10n, open, 0n, 19n], read(0n, 'recreated')],
    ['an interrupted batch, begun before what is there', [10n, open, 11n, 30n], { kind: 'gone', from: 11n, intent }],
    ['an interrupted batch, all of it before what is there', [10n, open, 25n, 30n], { kind: 'gone', from: 25n, intent }],
    ['an interrupted batch and an empty topic', [10n, open, 20n, 20n], { kind: 'gone', from: 20n, intent }],
  ])('with %s', (_, [committed, metadata, low, high], claim) => {
    expect(claimOf({ committed, metadata, low, high } satisfies PartitionFacts)).toEqual(claim);
  });
});
