import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '@droplens/embedded-clickhouse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomFrom, rowsUpTo, streams } from './crash-sources.ts';
import { tables, type Tables } from './tables.ts';

const child = join(import.meta.dirname, 'crash-child.ts');
const failpoints = [
  'afterSpoolWrite:3',
  'afterSpoolRename:4',
  'afterDelivery:3',
  'afterPlan:5',
  'afterIntent:4',
  'afterInsert:1',
  'afterInsert:6',
  'afterLedger:3',
  'afterStatus:4',
  'afterUnlink:5',
];
/** A run that takes longer hangs. */
const runLimitMs = 60_000;
/** Random kills; more with DROPLENS_CRASHES. */
const kills = Number(process.env['DROPLENS_CRASHES'] ?? 4);

describe('killed at any moment', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-crash-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test('stores every row once: named places, then random moments', { timeout: 600_000 }, async () => {
    const random = randomFrom(42);
    let runs = 0;
    for (const failpoint of failpoints) {
      expect(`${failpoint} ${await run({ seed: (runs += 1), failpoint })}`).toBe(`${failpoint} SIGKILL`);
    }
    for (let kill = 0; kill < kills; kill++) {
      expect(await run({ seed: (runs += 1), killAfterMs: random() * 700 })).toBe('SIGKILL');
    }
    const { found, expected } = await finish(runs, 'exact');
    expect(found).toEqual(expected);
  });

  test.each([
    ['no-token', 'afterInsert:2', 1],
    ['no-ledger', 'afterStatus:4', 2],
  ])('negative control: %s must store too much', { timeout: 120_000 }, async (mode, failpoint, times) => {
    for (let i = 0; i < times; i++) expect(await run({ seed: i + 1, failpoint, mode })).toBe('SIGKILL');
    const { found, expected } = await finish(9, mode);
    expect(found.rows).toBeGreaterThan(expected.rows);
    expect(found.unique).toBe(expected.unique);
  });

  /** The last run: every source comes to an end, everything is loaded; then the real tables are asked. */
  async function finish(seed: number, mode: string): Promise<{ found: Tables; expected: Tables }> {
    const end = Math.max(...streams.map((stream) => checkpoint(stream))) + 1500;
    expect(await run({ seed, end, mode })).toBe(null);
    const engine = await openEngine({ directory });
    try {
      const found = await tables(engine, 'droplens');
      const { rows, unique } = rowsUpTo(end);
      const all = rows * streams.length;
      const exact = { rows: all, unique: unique * streams.length, ledgerRows: all, sources: all, ports: all, mismatches: 0 };
      return { found, expected: { ...found, ...exact, statuses: streams.length } };
    } finally {
      await engine.close();
    }
  }

  function checkpoint(stream: string): number {
    const path = join(directory, `checkpoint-${stream}`);
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  }

  /** Runs the pipeline in a process of its own; resolves with the signal that ended it. */
  function run(options: {
    seed: number;
    end?: number;
    mode?: string;
    failpoint?: string;
    killAfterMs?: number;
  }): Promise<string | null> {
    const { seed, end = 0, mode = 'exact', failpoint, killAfterMs } = options;
    return new Promise((resolve, reject) => {
      const running = spawn(
        process.execPath,
        ['--import', 'tsx', '--conditions=dev', child, directory, String(end), String(seed), mode],
        { env: { ...process.env, DROPLENS_FAILPOINT: failpoint ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let said = '';
      running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      running.stdout.on('data', (chunk: Buffer) => {
        if (killAfterMs !== undefined && chunk.toString().includes('ready'))
          setTimeout(() => running.kill('SIGKILL'), killAfterMs);
      });
      const limit = setTimeout(() => {
        running.kill('SIGKILL');
        reject(new Error(`the pipeline hung with ${failpoint ?? 'no failpoint'}: ${said}`));
      }, runLimitMs);
      running.on('exit', (code, signal) => {
        clearTimeout(limit);
        if (signal !== null || code === 0) resolve(signal);
        else reject(new Error(`the pipeline ended with ${code}: ${said}`));
      });
    });
  }
});
