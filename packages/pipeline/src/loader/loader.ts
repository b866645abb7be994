import { Backoff, dispositionOf, DroplensError, pause, type Component, type Reporter } from '@droplens/runtime';
import { failpoint, type DeadRow, type Delivery, type Range, type TransportReader } from '@droplens/transport';
import { addressBytes } from '../geo/address-bytes.ts';
import { AddressCache } from '../geo/address-cache.ts';
import type { Geo } from '../geo/geo.ts';
import { planBatch, type BatchPlan } from './batch-plan.ts';
import { BatchRows } from './batch-rows.ts';
import { loaderConfig, type LoaderConfig } from './config.ts';
import type { DropsStore } from './drops-store.ts';
import { LedgerView } from './ledger-view.ts';
import { createLoaderMetrics, type LoaderMetrics } from './metrics.ts';
import { RefusedRows } from './refused-rows.ts';
import { sourceBytes } from './source-value.ts';

/** How long `stop` waits for the batch in hand; what is not finished then is done again, exactly, by the next process. */
const stopMs = 5000;

/**
 * Moves batches from the transport into the database so that every row is there exactly once, whenever any process dies: plan against the ledger,
 * fix the intent, insert with a token made from the plan, then write the ledger. Every step may be repeated; none is skipped.
 */
export class Loader implements Component {
  readonly #reader: TransportReader;
  readonly #store: DropsStore;
  readonly #geo: Geo;
  readonly #reporter: Reporter;
  readonly #metrics: LoaderMetrics;
  readonly #ledger: LedgerView;
  readonly #refused: RefusedRows;
  readonly #sources: AddressCache;
  readonly #rows: BatchRows;
  readonly #backoff: Backoff;
  #geoGeneration = -1;
  #claim = 0;
  #loaded = 0;
  #stopping = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(options: { reader: TransportReader; store: DropsStore; geo: Geo; reporter: Reporter; config?: LoaderConfig }) {
    this.#reader = options.reader;
    this.#store = options.store;
    this.#geo = options.geo;
    this.#reporter = options.reporter;
    this.#metrics = createLoaderMetrics(options.reporter.registry, options.reader);
    const config = options.config ?? loaderConfig.parse({});
    this.#backoff = new Backoff({ initialMs: config.retry_initial_ms, maxMs: config.retry_max_ms });
    this.#ledger = new LedgerView(options.store);
    this.#refused = new RefusedRows((insert, signal) => this.#persist(() => this.#store.insertDrops(insert), signal));
    this.#sources = new AddressCache((address) => sourceBytes(address, this.#geo));
    this.#rows = new BatchRows(this.#sources, new AddressCache(addressBytes, 16_384));
  }

  /** Settles when the loader has stopped: rejects with the error that made it stop, which nobody but a person can repair. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** Rows loaded by this process. */
  get rows(): number {
    return this.#loaded;
  }

  start(): Promise<void> {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#finished = this.#reader.run((delivery) => this.#load(delivery), stopping.signal);
    // Said by whoever waits for `finished`; here it must only not count as unhandled.
    this.#finished.catch(() => undefined);
    return Promise.resolve();
  }

  /** Ends after the batch in hand, or in its next wait. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const waited = new AbortController();
    const late = pause(stopMs, waited.signal);
    await Promise.race([this.#finished.catch(() => undefined), late]);
    waited.abort();
  }

  async #load(delivery: Delivery): Promise<void> {
    const end = this.#metrics.seconds.startTimer();
    this.#followClaim(delivery.claim);
    try {
      if (delivery.rebuilt) await this.#loadBlocks(delivery);
      else await this.#settleLost(delivery);
      await this.#loadStatus(delivery);
    } catch (error) {
      this.#ledger.forget();
      throw error;
    }
    failpoint('afterStatus');
    end();
    this.#metrics.batches.inc();
  }

  async #loadBlocks(delivery: Delivery): Promise<void> {
    const { blocks, signal } = delivery;
    if (blocks.length === 0) return;
    const loadedAt = delivery.intent?.loadedAt ?? Date.now();
    const fixed = delivery.intent?.token ?? null;
    this.#followGeo();
    const covered = await this.#persist(
      () => (fixed === null ? this.#ledger.of(blocks) : this.#ledger.without(fixed, blocks)),
      signal,
    );
    const plan = planBatch(blocks, covered, this.#rows);
    failpoint('afterPlan');
    this.#metrics.cut.inc(this.#rows.cut);
    if (fixed !== null && plan.token !== fixed) {
      throw new DroplensError(
        'DL_BATCH_CHANGED',
        `the interrupted batch from ${delivery.origin} was ${fixed} and is ${plan.token} now`,
      );
    }
    if (plan.ranges.length === 0) return;
    if (fixed !== null && (await this.#persist(() => this.#store.hasToken(fixed), signal))) return;
    await delivery.saveIntent({ loadedAt, token: plan.token });
    failpoint('afterIntent');
    await this.#insert(delivery, plan, loadedAt);
    if (fixed === null) this.#ledger.put(covered);
  }

  /** Rows, then what of them cannot be loaded, then the ledger: the ledger's word "complete" is the last. */
  async #insert(delivery: Delivery, plan: BatchPlan, loadedAt: number): Promise<void> {
    const { signal } = delivery;
    const rows = this.#rows;
    const insert = { loadedAt, token: plan.token };
    const taken = rows.rows === 0 || (await this.#takes({ ...insert, rows: rows.native(), format: 'Native' }, signal));
    const refused = taken ? [] : await this.#refused.insert({ ...insert, rows: rows.text() }, plan.ranges, signal);
    failpoint('afterInsert');
    await this.#bury(delivery, [...rows.dead, ...refused]);
    const ranges = withoutRows(plan.ranges, refused);
    await this.#persist(() => this.#store.insertLedger({ ranges, loadedAt, token: plan.token, source: delivery.origin }), signal);
    failpoint('afterLedger');
    this.#loaded += rows.rows - refused.length;
    this.#metrics.rows.inc(rows.rows - refused.length);
  }

  /** False when the database will never take these rows as they are: then they are sent as text, in which the bad ones can be found. */
  async #takes(insert: Parameters<DropsStore['insertDrops']>[0], signal: AbortSignal): Promise<boolean> {
    try {
      await this.#persist(() => this.#store.insertDrops(insert), signal);
      return true;
    } catch (error) {
      if (dispositionOf(error) !== 'discard') throw error;
      return false;
    }
  }

  /** A batch whose rows are gone from the transport: loaded if the ledger says so; otherwise nobody knows, and a person must decide. */
  async #settleLost({ intent, origin, signal }: Delivery): Promise<void> {
    const token = intent?.token ?? '';
    if (await this.#persist(() => this.#store.hasToken(token), signal)) return;
    throw new DroplensError('DL_BATCH_CHANGED', `the interrupted batch ${token} from ${origin} cannot be read again`);
  }

  /** What was never logged, how the streams do and what the hosts know of themselves. The database keeps one of equal rows, so a repetition is harmless. */
  async #loadStatus({ undercounts, statuses, hosts, signal }: Delivery): Promise<void> {
    try {
      if (undercounts.length > 0) await this.#persist(() => this.#store.insertUndercounts(undercounts), signal);
      if (statuses.length > 0) await this.#persist(() => this.#store.insertStatuses(statuses), signal);
      if (hosts.length > 0) await this.#persist(() => this.#store.insertHosts(hosts), signal);
    } catch (error) {
      if (dispositionOf(error) !== 'discard') throw error;
      this.#reporter.fail(error, { undercounts, statuses, hosts: hosts.map(({ host, since, time }) => ({ host, since, time })) });
    }
  }

  async #bury(delivery: Delivery, dead: readonly DeadRow[]): Promise<void> {
    const [first] = dead;
    if (first === undefined) return;
    await this.#persist(() => delivery.bury(dead), delivery.signal);
    for (const { reason } of dead) this.#metrics.dead.inc({ reason: reason.startsWith('refused') ? 'refused' : reason });
    const text = `${dead.length} rows from ${delivery.origin} cannot be loaded (${first.reason}) and are put aside`;
    this.#reporter.fail(new DroplensError('DL_RECORD_UNDECODABLE', text));
  }

  /** Does it until it succeeds, with the same bytes; rejects when it cannot succeed, or when the loader stops. */
  async #persist<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const result = await action();
        this.#backoff.reset();
        return result;
      } catch (error) {
        if (dispositionOf(error) !== 'retry' || signal.aborted) throw error;
        this.#reporter.fail(error);
        this.#metrics.retries.inc();
        await pause(this.#backoff.next(), signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Others may have loaded since: their ledger rows are not in what is remembered. */
  #followClaim(claim: number): void {
    if (claim === this.#claim) return;
    this.#claim = claim;
    this.#ledger.forget();
  }

  #followGeo(): void {
    if (this.#geoGeneration === this.#geo.generation) return;
    this.#geoGeneration = this.#geo.generation;
    this.#sources.clear();
  }
}

function withoutRows(ranges: readonly Range[], refused: readonly { range: Range }[]): readonly Range[] {
  if (refused.length === 0) return ranges;
  return ranges.map((range) => ({ ...range, rows: range.rows - refused.filter((row) => row.range === range).length }));
}
