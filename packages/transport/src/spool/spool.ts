import { resolve } from 'node:path';
import { DroplensError, type Reporter } from '@droplens/runtime';
import type { DeadLetters } from '../dead-letters.ts';
import { createTransportMetrics } from '../metrics.ts';
import type { Backlog, TransportReader, TransportWriter } from '../transport.ts';
import { isLaneName, Lanes } from './lanes.ts';
import { SpoolDeadLetters } from './spool-dead-letters.ts';
import { SpoolReader } from './spool-reader.ts';
import { SpoolWriter } from './spool-writer.ts';

export interface SpoolOptions {
  /** Most bytes that wait in this writer's lane. */
  readonly maxBytes: number;
  readonly reporter: Reporter;
  /** The writer's own queue; one process at a time writes a lane. An import beside a running collector uses `import`, a replay `replay`. */
  readonly lane?: string;
  /** The clock, for tests. */
  readonly now?: () => number;
}

/**
 * A queue on disk between collector and loader of one machine: `<directory>/<lane>/<file>`, and beside the lanes `quarantine/` (files that are not
 * what they should be) and `dead/` (rows that cannot be loaded). A spool may be open in several processes: one writes each lane, one reads them all.
 */
export interface Spool {
  readonly writer: TransportWriter;
  readonly reader: TransportReader;
  /** What the spool's loader put aside; replayed into this writer's lane. */
  readonly dead: DeadLetters;
  /** What waits in all lanes as far as this object knows: exact while its reader runs; otherwise what others load is seen by `refresh` only. */
  pending(): Backlog;
  /** Looks at the disk and says what waits in all lanes. */
  refresh(): Promise<Backlog>;
  /** Resolves when everything in this writer's lane has been loaded, by this process or another, or `signal` aborts. */
  drained(signal?: AbortSignal): Promise<void>;
}

/** No I/O: the writer opens at `open` or the first `append`, the reader at `run`. */
export function createSpool(directory: string, options: SpoolOptions): Spool {
  const { maxBytes, reporter, lane: name = 'live', now = Date.now } = options;
  if (!isLaneName(name)) throw new DroplensError('DL_INTERNAL', `'${name}' is no name for a lane of a spool`);
  const path = resolve(directory);
  const metrics = createTransportMetrics(reporter.registry);
  const lanes = new Lanes(path, metrics);
  const lane = lanes.lane(name);
  const writer = new SpoolWriter({ lane, wakeups: lanes.wakeups, maxBytes, metrics, now });
  return {
    writer,
    reader: new SpoolReader({ directory: path, lanes, metrics, reporter }),
    dead: new SpoolDeadLetters(path, writer),
    pending: () => lanes.backlog(),
    refresh: async () => {
      await lanes.refresh();
      return lanes.backlog();
    },
    drained: async (signal) => {
      await lane.refresh();
      for (;;) {
        if (lane.files === 0 || signal?.aborted === true) return;
        await lanes.wakeups.next(drainPollMs, signal);
        if (lane.files > 0) await lane.refresh();
      }
    },
  };
}

/** How often it looks whether a reader in another process has finished. */
const drainPollMs = 500;
