import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createSpool, type Spool } from '../../src/index.ts';
import { deadLettersConformance } from '../dead-letters.conformance.ts';
import { transportConformance, type TransportHarness } from '../transport.conformance.ts';

transportConformance('spool', spoolHarness);
deadLettersConformance('spool', spoolHarness);

function spoolHarness(): Promise<TransportHarness> {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-spool-'));
  const made: Spool[] = [];
  const spool = (lane = 'live'): Spool => {
    const reporter = createReporter({ registry: new Registry(), level: 'silent' });
    const one = createSpool(join(directory, 'spool'), { maxBytes: 1024 ** 3, reporter, lane });
    made.push(one);
    return one;
  };
  const replays = spool('replay');
  return Promise.resolve({
    writer: () => spool().writer,
    reader: () => spool().reader,
    dead: () => replays.dead,
    close: async () => {
      for (const { writer } of made) await writer.close();
      rmSync(directory, { recursive: true });
    },
  });
}
