/**
 * A loader from Kafka as a process of its own, whole or with one rule of the protocol taken away: a suite that does not notice the difference
 * proves nothing. Argument: JSON of `ControlOptions`.
 */
import { randomBytes } from 'node:crypto';
import { Geo, Loader, type DropsStore } from '@droplens/pipeline';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createKafka, type Delivery, type KafkaConfig, type Range, type TransportReader } from '@droplens/transport';
import { Registry } from 'prom-client';
import { Coverage } from '../../../packages/pipeline/src/loader/coverage.ts';

/** `exact`: the protocol as it is. */
export type ControlMode = 'exact' | 'token off' | 'intent off' | 'partly covered messages kept' | 'loaded_at taken anew';

export interface ControlOptions {
  readonly mode: ControlMode;
  readonly kafka: KafkaConfig;
  readonly store: { readonly url: string; readonly username: string; readonly password: string; readonly database: string };
}

const dayMs = 86_400_000;
const { mode, kafka: config, store: access } = JSON.parse(process.argv[2] ?? '') as ControlOptions;
const reporter = createReporter({ registry: new Registry(), level: 'warn', destination: process.stderr });
const store = new Store({ ...access, reporter });
const kafka = createKafka(config, reporter);
const geo = new Geo({}, reporter);
await geo.start();
/** What the handler works on at the moment, for a store that looks at it. */
let inHand: Delivery | null = null;
const loader = new Loader({ reader: damagedReader(kafka.reader), store: damagedStore(store), geo, reporter });
await loader.start();
loader.finished.catch(() => process.exit(1));
process.on('SIGTERM', () => {
  void loader.stop().then(() => process.exit(0));
});

function damagedReader(whole: TransportReader): TransportReader {
  return {
    backlog: () => whole.backlog(),
    run: (handler, signal) =>
      whole.run((delivery) => {
        inHand = delivery;
        return handler(damagedDelivery(delivery));
      }, signal),
  };
}

function damagedDelivery(delivery: Delivery): Delivery {
  if (mode === 'intent off') return { ...delivery, intent: null, saveIntent: () => Promise.resolve() };
  if (mode !== 'loaded_at taken anew' || delivery.intent === null) return delivery;
  return { ...delivery, intent: { ...delivery.intent, loadedAt: delivery.intent.loadedAt + dayMs } };
}

function damagedStore(whole: Store): DropsStore {
  return {
    insertDrops: (insert) =>
      whole.insertDrops(mode === 'token off' ? { ...insert, token: randomBytes(8).toString('hex') } : insert),
    insertLedger: (insert) => whole.insertLedger(insert),
    covered: async (ranges, exceptToken) => {
      const covered = await whole.covered(ranges, exceptToken);
      return mode === 'partly covered messages kept' ? wholeBlocks(covered) : covered;
    },
    hasToken: (token) => whole.hasToken(token),
    insertUndercounts: (rows) => whole.insertUndercounts(rows),
    insertStatuses: (rows) => whole.insertStatuses(rows),
    insertHosts: (rows) => whole.insertHosts(rows),
  };
}

/** Of what is covered only the messages in hand that are covered from end to end: the others are kept whole. */
function wholeBlocks(covered: readonly Range[]): readonly Range[] {
  return (inHand?.blocks ?? []).filter(({ stream, epoch, first, last }) => {
    const coverage = new Coverage();
    for (const range of covered) if (range.stream === stream && range.epoch === epoch) coverage.add(range.first, range.last);
    return coverage.gaps(first, last).length === 0;
  });
}
