import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { createSpool, type DeadRow } from '../../src/index.ts';
import { transportConformance } from '../transport.conformance.ts';

transportConformance('spool', () => {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-spool-'));
  const spool = (): ReturnType<typeof createSpool> =>
    createSpool(join(directory, 'spool'), {
      maxBytes: 1024 ** 3,
      reporter: createReporter({ registry: new Registry(), level: 'silent' }),
    });
  return Promise.resolve({
    writer: () => spool().writer,
    reader: () => spool().reader,
    buried: () => buried(join(directory, 'spool', 'dead')),
    close: () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    },
  });
});

async function buried(dead: string): Promise<DeadRow[]> {
  if (!existsSync(dead)) return [];
  const rows: DeadRow[] = [];
  for (const file of (await readdir(dead)).sort()) {
    for (const line of (await readFile(join(dead, file), 'utf8')).trimEnd().split('\n')) {
      const { row, encoding, ...rest } = JSON.parse(line) as Omit<DeadRow, 'row'> & {
        row: string;
        encoding?: 'base64';
        time?: string;
      };
      delete rest.time;
      rows.push({ ...rest, row: Buffer.from(row, encoding ?? 'utf8') });
    }
  }
  return rows;
}
