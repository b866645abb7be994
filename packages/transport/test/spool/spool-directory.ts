import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createSpool, type Spool, type SpoolOptions } from '../../src/index.ts';

/** A spool directory of a test: any number of spools on it, what they said, and what they counted. */
export interface SpoolDirectory {
  readonly path: string;
  readonly live: string;
  readonly said: readonly { readonly code?: string; readonly msg: string }[];
  open(options?: Partial<SpoolOptions>): Spool;
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  remove(): void;
}

export function spoolDirectory(): SpoolDirectory {
  const root = mkdtempSync(join(tmpdir(), 'droplens-spool-'));
  const path = join(root, 'spool');
  const registry = new Registry();
  const said: { code?: string; msg: string }[] = [];
  const destination = { write: (line: string) => void said.push(JSON.parse(line) as { msg: string }) };
  const reporter = createReporter({ registry, destination });
  return {
    path,
    live: join(path, 'live'),
    said,
    open: (options) => createSpool(path, { maxBytes: 1024 ** 3, reporter, ...options }),
    metric: async (name, labels = {}) => {
      const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
      return values.find((value) => Object.entries(labels).every(([key, text]) => value.labels[key] === text))?.value;
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}
