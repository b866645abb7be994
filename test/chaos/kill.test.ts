import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DroplensProcess } from './droplens-process.ts';
import { GrowingLog, seeded } from './growing-log.ts';

const kills = Number(process.env['DROPLENS_CHAOS_KILLS'] ?? 20);
const seed = Number(process.env['DROPLENS_CHAOS_SEED'] ?? Date.now() % 1_000_000);

interface Totals {
  rows: string;
  lines: string;
  sources: string;
  ports: string;
  ledger: string;
}

describe(`droplens up, killed ${kills} times while its log grows and rotates (seed ${seed})`, () => {
  it('has every line exactly once, in the raw table and in the rollups', async () => {
    const random = seeded(seed);
    const directory = mkdtempSync(join(tmpdir(), 'droplens-chaos-'));
    const logs = join(directory, 'log');
    mkdirSync(logs);
    const config = join(directory, 'droplens.yaml');
    writeFileSync(config, `host: web-1\nsources: [{file: ${join(logs, 'kern.log')}}]\nadmin: {listen: '127.0.0.1:0'}\n`);
    const log = new GrowingLog(logs, random);
    const droplens = new DroplensProcess({ data: join(directory, 'data'), config, log: join(directory, 'up.log') });
    try {
      // what was rotated away before droplens first looked at the log is history, and `import`'s business
      droplens.start();
      await following(droplens, join(directory, 'data/collector/checkpoint.json'), join(directory, 'up.log'));
      expect(await droplens.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
      // the moments of the kills are what is random here, from before anything is open to well after
      for (let kill = 0; kill < kills; kill += 1) {
        droplens.start();
        const until = Date.now() + 200 + random() * 3800;
        while (Date.now() < until) {
          log.grow(1 + Math.floor(random() * 400));
          if (random() < 0.03) log.rotate();
          await passing(20);
        }
        const end = await droplens.end('SIGKILL');
        expect(end, readFileSync(join(directory, 'up.log'), 'utf8').slice(-2000)).toEqual({ code: null, signal: 'SIGKILL' });
        if (random() < 0.4) {
          log.grow(200);
          log.rotate();
          log.grow(200);
          if (random() < 0.3) log.rotate();
        }
      }
      log.grow(1);
      droplens.start();
      const totals = await settled(droplens, log.written);
      expect(totals).toEqual({
        rows: String(log.written),
        lines: String(log.written),
        sources: String(log.written),
        ports: String(log.written),
        ledger: String(log.written),
      });
      expect(await droplens.sql(rollupDifferences)).toEqual([]);
      expect(await droplens.sql(ledgerOverlaps)).toEqual([]);
      expect(await droplens.end('SIGTERM')).toEqual({ code: 0, signal: null });
      process.stdout.write(
        `chaos: ${kills} kills, ${log.rotations} rotations, ${log.written} lines written, ${totals.rows} loaded, 0 lost, 0 doubled\n`,
      );
    } finally {
      if (droplens.running) await droplens.end('SIGKILL');
      if (process.env['DROPLENS_CHAOS_KEEP'] === undefined) rmSync(directory, { recursive: true });
      else process.stdout.write(`chaos: kept ${directory}\n`);
    }
  });
});

/** Waits until droplens has taken note of the log: from here on every line is its own. */
async function following(droplens: DroplensProcess, checkpoint: string, log: string): Promise<void> {
  while (!existsSync(checkpoint)) {
    expect(droplens.running, readFileSync(log, 'utf8')).toBe(true);
    await passing(20);
  }
}

/** Asks until everything is loaded, or until nothing has changed for long: then the numbers tell what is missing. */
async function settled(droplens: DroplensProcess, written: number): Promise<Totals> {
  let last: Totals | undefined;
  let changed = Date.now();
  for (;;) {
    const totals = await droplens
      .sql<Totals>(totalsQuery)
      .then((rows) => rows[0])
      .catch((error: unknown) => {
        if (!droplens.running) throw error;
        return undefined; // not serving yet
      });
    if (totals !== undefined) {
      if (JSON.stringify(totals) !== JSON.stringify(last)) changed = Date.now();
      last = totals;
      if (Number(totals.ledger) >= written || Date.now() - changed > 30_000) return totals;
    } else if (Date.now() - changed > 60_000) throw new Error('droplens up does not serve queries');
    await passing(200);
  }
}

const totalsQuery = `
  SELECT
    toString(count()) AS rows,
    toString(uniqExact(src_port, ip_id)) AS lines,
    (SELECT toString(sum(packets)) FROM sources_1h) AS sources,
    (SELECT toString(sum(packets)) FROM ports_1h) AS ports,
    (SELECT toString(sum(rows)) FROM ledger) AS ledger
  FROM drops`;

const rollupDifferences = `
  SELECT hour, src, raw.packets AS raw, rolled.packets AS rolled
  FROM (SELECT toStartOfHour(time) AS hour, src, count() AS packets FROM drops GROUP BY hour, src) AS raw
  FULL JOIN (SELECT hour, src, sum(packets) AS packets FROM sources_1h GROUP BY hour, src) AS rolled USING (hour, src)
  WHERE raw.packets != rolled.packets`;

const ledgerOverlaps = `
  SELECT a.first AS first, a.last AS last, b.first AS other_first, b.last AS other_last
  FROM ledger AS a JOIN ledger AS b ON a.stream = b.stream AND a.epoch = b.epoch
  WHERE a.first < b.first AND b.first <= a.last`;
