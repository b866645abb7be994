import { Collector, type SourceConfig } from '@droplens/pipeline';
import type { Reporter } from '@droplens/runtime';
import type { TransportWriter } from '@droplens/transport';
import type { Configuration } from '../config/schema.ts';
import { dataPaths } from '../data-directory.ts';
import { localTimeZone } from '../time.ts';

/** The collector of this machine as the configuration wants it. */
export function collectorOf(
  config: Configuration,
  options: {
    readonly sources: readonly SourceConfig[];
    readonly machineId: string;
    readonly writer: TransportWriter;
    /** For sources that cannot wait; default: the same writer. */
    readonly buffer?: TransportWriter;
    /** What is read before it is published; default: a whole batch of the loader. */
    readonly block?: { readonly rows: number; readonly bytes: number };
    readonly reporter: Reporter;
    readonly onFatal: (error: unknown) => void;
  },
): Collector {
  const { reporter, ...rest } = options;
  return new Collector({
    ...rest,
    directory: dataPaths(config.data).collector,
    host: config.host,
    timeZone: config.parse.time_zone ?? localTimeZone(),
    actions: config.parse.actions,
    reporter: reporter.child('collector'),
  });
}
