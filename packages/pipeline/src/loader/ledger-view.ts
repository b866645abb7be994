import type { Range } from '@droplens/transport';
import { epochKey } from './batch-plan.ts';
import { Coverage } from './coverage.ts';
import type { DropsStore } from './drops-store.ts';

/** Epochs remembered at most; a forgotten one is read again. */
const mostEpochs = 1000;

/**
 * What the ledger says, read once per epoch and kept: only one loader writes the ledger's rows of an epoch, and it is this one. So a source that is
 * followed live costs no question per batch.
 */
export class LedgerView {
  readonly #store: DropsStore;
  /** `from`: the position from which on everything covered is known. */
  readonly #known = new Map<string, { readonly from: number; readonly coverage: Coverage }>();

  constructor(store: DropsStore) {
    this.#store = store;
  }

  /** What is covered of the epochs of `ranges`, from their first position on, by epoch key; the caller's to change. */
  async of(ranges: readonly Range[]): Promise<Map<string, Coverage>> {
    const wanted = firsts(ranges);
    const unknown = [...wanted.values()].filter((range) => !this.#knows(range));
    const read = unknown.length === 0 ? new Map<string, Coverage>() : await readCoverage(this.#store, unknown, '');
    for (const range of unknown) this.#remember(epochKey(range), range.first, read.get(epochKey(range)) ?? new Coverage());
    return new Map([...wanted.keys()].map((key) => [key, this.#known.get(key)?.coverage.copy() ?? new Coverage()]));
  }

  #knows(range: Range): boolean {
    const known = this.#known.get(epochKey(range));
    return known !== undefined && known.from <= range.first;
  }

  /** The same, read now, as if the rows of `token` were not there. */
  async without(token: string, ranges: readonly Range[]): Promise<Map<string, Coverage>> {
    return await readCoverage(this.#store, [...firsts(ranges).values()], token);
  }

  /** After the ledger's insert: this is covered now. Epochs that were not used for longest are forgotten. */
  put(covered: ReadonlyMap<string, Coverage>): void {
    for (const [key, coverage] of covered) {
      const known = this.#known.get(key);
      if (known !== undefined) this.#remember(key, known.from, coverage);
    }
    for (const key of this.#known.keys()) {
      if (this.#known.size <= mostEpochs) break;
      this.#known.delete(key);
    }
  }

  /** After a failure, when it is unknown what the ledger holds. */
  forget(): void {
    this.#known.clear();
  }

  #remember(key: string, from: number, coverage: Coverage): void {
    this.#known.delete(key);
    this.#known.set(key, { from, coverage });
  }
}

/** One range per epoch: from the lowest position asked for to the end. */
function firsts(ranges: readonly Range[]): Map<string, Range> {
  const lowest = new Map<string, Range>();
  for (const range of ranges) {
    const key = epochKey(range);
    const first = Math.min(range.first, lowest.get(key)?.first ?? range.first);
    lowest.set(key, { stream: range.stream, epoch: range.epoch, first, last: Number.MAX_SAFE_INTEGER, rows: 0 });
  }
  return lowest;
}

async function readCoverage(store: DropsStore, ranges: readonly Range[], exceptToken: string): Promise<Map<string, Coverage>> {
  const covered = new Map(ranges.map((range) => [epochKey(range), new Coverage()]));
  for (const range of await store.covered(ranges, exceptToken)) covered.get(epochKey(range))?.add(range.first, range.last);
  return covered;
}
