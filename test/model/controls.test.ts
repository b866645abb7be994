import { afterAll, describe, expect, it } from 'vitest';
import type { Bounds } from './rules.ts';
import { Trials, type Trial } from './trial.ts';
import { worlds } from './worlds.ts';

interface Control extends Trial {
  /** What must go wrong. */
  readonly wrong: RegExp;
}

const twoFaults = worlds['every fault of processes'];
const lastMessage: Bounds = { ...worlds['partitions added'], loaders: 1, faults: 1, possible: ['reconfigured undrained'] };

/** Each leaves out one rule: the model must find what the rule is there for. */
const controls: readonly Control[] = [
  { name: 'no token', change: { token: 'none' }, bounds: twoFaults, wrong: /^DOUBLED/ },
  { name: 'no intent', change: { intent: 'none' }, bounds: twoFaults, wrong: /^DOUBLED/ },
  {
    name: 'a message covered in part is kept whole',
    change: { overlap: 'kept whole' },
    bounds: worlds['three lines'],
    wrong: /^DOUBLED/,
  },
  {
    name: 'a message covered in part is dropped whole',
    change: { overlap: 'dropped whole' },
    bounds: worlds['three lines'],
    wrong: /^LOST/,
  },
  {
    name: 'the ledger is a view of the insert',
    change: { ledger: 'view' },
    bounds: twoFaults,
    wrong: /^the ledger says complete/,
  },
  { name: 'a retry takes a load time of its own', change: { loadedAt: 'of the try' }, bounds: twoFaults, wrong: /^DOUBLED/ },
  {
    name: 'an old handler commits under the new generation',
    change: { commit: 'of the process' },
    bounds: twoFaults,
    wrong: /^DOUBLED/,
  },
  {
    name: 'a refused intent is inserted',
    change: { commit: 'of the claim, refusal ignored' },
    bounds: twoFaults,
    wrong: /^DOUBLED/,
  },
  { name: 'tokens of offsets', change: { token: 'of the offsets' }, bounds: worlds['offsets and topics'], wrong: /^LOST/ },
  {
    name: 'a highest line instead of intervals',
    change: { covered: 'up to the highest', partitions: 'in turn' },
    bounds: lastMessage,
    wrong: /^LOST/,
  },
  {
    name: 'the checkpoint before the acknowledgement',
    change: { checkpoint: 'before the acknowledgement' },
    bounds: twoFaults,
    wrong: /^LOST/,
  },
  {
    name: 'partitions of the metadata',
    change: { partition: 'of the metadata' },
    bounds: worlds['partitions added'],
    wrong: /^DOUBLED/,
  },
  {
    name: 'the ledger read before the offset',
    change: { claim: 'ledger, then offset', view: 'of the claim' },
    bounds: twoFaults,
    wrong: /^DOUBLED/,
  },
  {
    name: 'a re-created topic recognised by ranges only',
    change: { sum: 'ranges' },
    bounds: worlds['a topic re-created under two streams'],
    wrong: /^LOST/,
  },
  {
    name: 'a re-created topic recognised by send times',
    change: { sum: 'ranges and send times' },
    bounds: { ...worlds['offsets and topics'], lines: 3, batch: 1, faults: 2, possible: ['send times out', 'topic re-created'] },
    wrong: /^LOST/,
  },
  {
    name: 'on behind a batch that cannot be read again',
    change: { afterLoss: 'behind the batch' },
    bounds: worlds['retention in a re-created topic'],
    wrong: /^LOST/,
  },
  {
    name: 'the interrupted batch planned with its own rows',
    change: { replan: 'with all, then ask' },
    bounds: twoFaults,
    wrong: /^STOPPED/,
  },
  {
    name: 'the spool forgets which lane it read',
    change: { lane: 'in memory' },
    bounds: worlds['spool, two lanes'],
    wrong: /^DOUBLED/,
  },
  { name: 'the spool without a token', change: { token: 'none' }, bounds: worlds['spool, two lanes'], wrong: /^DOUBLED/ },
];

/** What operators must not do: the protocol cannot help it, and docs say so. */
const hazards: readonly Control[] = [
  {
    name: 'offsets deleted in mid batch',
    change: {},
    bounds: {
      ...worlds['offsets and topics'],
      faults: 2,
      possible: ['loader crashes', 'offsets reset in mid batch', 'insert times out'],
    },
    wrong: /^DOUBLED/,
  },
  {
    name: 'partitions added while a message is unacknowledged',
    change: {},
    bounds: { ...worlds['partitions added'], possible: ['send times out', 'reconfigured, all loaded'] },
    wrong: /^DOUBLED/,
  },
  {
    name: 'a window that overflows between a try and its last retry',
    change: { window: 1 },
    bounds: { ...twoFaults, possible: ['insert times out', 'rebalance'] },
    wrong: /^DOUBLED/,
  },
];

const trials = new Trials();
afterAll(() => trials.print('One rule left out, or one hazard: the shortest way to what goes wrong'));

describe('without a rule', () => {
  it.each(controls)('$name: goes wrong', ({ wrong, ...trial }) => {
    expect(trials.run(trial).wrong).toMatch(wrong);
  });
});

describe('against operators', () => {
  it.each(hazards)('$name: goes wrong', ({ wrong, ...trial }) => {
    expect(trials.run(trial).wrong).toMatch(wrong);
  });
});
