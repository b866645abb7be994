import { afterAll, describe, expect, it } from 'vitest';
import type { Bounds } from './rules.ts';
import { Trials, type Trial } from './trial.ts';
import { worlds } from './worlds.ts';

interface Variation extends Trial {
  /** What goes wrong; or that it holds, and the code may do it this way. */
  readonly verdict: RegExp;
}

const holds = /^holds$/;

const twoFaults = worlds['every fault of processes'];
/** Lines of other borders sent again, while partitions come and go. */
const borders: Bounds = { ...twoFaults, lines: 3, possible: ['send times out', 'rebalance'] };
/** Old and new handlers of one process, as a consumer that rejoins its group has them. */
const oneProcess: Bounds = { ...borders, oneProcess: true };
const awayAndBack: Bounds = { ...worlds['a stream moves away and back'], lines: 3, possible: ['import', 'reconfigured'] };
const restart = { reconfiguration: 'loaders restart' } as const;
const alone: Bounds = {
  ...worlds['partitions added'],
  loaders: 1,
  faults: 2,
  possible: ['send times out', 'reconfigured undrained'],
};
const aloneDying: Bounds = { ...alone, faults: 3, possible: [...alone.possible, 'loader crashes'] };
const drained: Bounds = { ...worlds['partitions added'], loaders: 1 };

const interrupted: readonly Variation[] = [
  {
    name: 'asked for first, then planned with all rows',
    change: { replan: 'ask, then with all' },
    bounds: twoFaults,
    verdict: /^STOPPED/,
  },
  {
    name: 'a load time of its own where ids were of the table',
    change: { loadedAt: 'of the try', ids: 'of the table' },
    bounds: twoFaults,
    verdict: holds,
  },
];

const views: readonly Variation[] = [
  { name: 'a view of each claim', change: { view: 'of the claim' }, bounds: twoFaults, verdict: holds },
  {
    name: 'a view of the process, forgotten at each claim',
    change: { view: 'until a claim' },
    bounds: twoFaults,
    verdict: holds,
  },
  {
    name: 'a view of the process, kept across claims',
    change: { view: 'of the process' },
    bounds: { ...borders, lines: 2, faults: 3 },
    verdict: /^DOUBLED/,
  },
  {
    name: 'an old handler beside a new one: views of claims',
    change: { view: 'of the claim' },
    bounds: oneProcess,
    verdict: holds,
  },
  {
    name: 'an old handler beside a new one: one view',
    change: { view: 'until a claim' },
    bounds: oneProcess,
    verdict: /^DOUBLED/,
  },
  {
    name: 'views of claims, a stream moves away and back',
    change: { view: 'of the claim' },
    bounds: awayAndBack,
    verdict: /^DOUBLED/,
  },
  {
    name: 'views of claims, and loaders start again with each move',
    change: { view: 'of the claim', ...restart },
    bounds: awayAndBack,
    verdict: holds,
  },
  {
    name: 'the spool with a view of the process',
    change: { view: 'of the process' },
    bounds: worlds['spool, two lanes'],
    verdict: holds,
  },
];

const concurrency: readonly Variation[] = [
  { name: 'one loader, drained, partitions in turn', change: { partitions: 'in turn' }, bounds: drained, verdict: holds },
  { name: 'one loader, drained, side by side', change: {}, bounds: drained, verdict: holds },
  {
    name: 'one loader, drained, side by side, one view',
    change: { view: 'until a claim', ...restart },
    bounds: drained,
    verdict: holds,
  },
  { name: 'one loader, undrained, in turn', change: { partitions: 'in turn' }, bounds: alone, verdict: holds },
  {
    name: 'one loader, undrained, in turn, dying',
    change: { partitions: 'in turn' },
    bounds: aloneDying,
    verdict: /^(DOUBLED|STOPPED)/,
  },
  { name: 'one loader, undrained, side by side', change: {}, bounds: alone, verdict: /^DOUBLED/ },
];

const trials = new Trials();
afterAll(() => trials.print('Other ways to do it'));

describe.each([
  ['the interrupted batch', interrupted],
  ['what a loader remembers of the ledger', views],
  ['several partitions', concurrency],
] as const)('%s', (_, variations) => {
  it.each(variations)('$name', ({ verdict, ...trial }) => {
    expect(trials.run(trial).wrong ?? 'holds').toMatch(verdict);
  });
});
