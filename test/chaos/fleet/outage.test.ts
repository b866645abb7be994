import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../kafka/jars.ts';
import { GrowingLog, seeded } from '../growing-log.ts';
import { Fleet } from './fleet.ts';
import { exact } from './oracle.ts';
import type { ServiceProcess } from './service-process.ts';

/** Lines that come while something is down: far more than memory should hold, and stdin more than the spool may. */
const lines = Number(process.env['DROPLENS_CHAOS_OUTAGE_LINES'] ?? 200_000);
const piped = 150_000;
/** What no collector and no loader may need, whatever waits: MiB. */
const mostMemory = 512;

describe.skipIf(withoutKafka('outages'))('Kafka or the database away while lines come', () => {
  const random = seeded(7);
  const directory = mkdtempSync(join(tmpdir(), 'droplens-stdin-'));
  const stdin = new GrowingLog(directory, random, 'piped');
  let fleet: Fleet;
  let collector: ServiceProcess;
  let loader: ServiceProcess;
  beforeAll(async () => {
    fleet = await Fleet.start({ random, hosts: 1, loaders: 1, stdin });
    [collector, loader] = [fleet.collectors[0] as ServiceProcess, fleet.loaders[0] as ServiceProcess];
  }, 180_000);
  afterAll(async () => {
    await fleet.stop(false);
    rmSync(directory, { recursive: true });
  }, 60_000);

  test(
    'Kafka away: files wait, the spool takes what cannot wait up to its bound, everything drains',
    { timeout: 300_000 },
    async () => {
      await collector.end('SIGTERM');
      await fleet.cluster.nodes[0]?.end('SIGKILL');
      stdin.grow(piped);
      collector.start();
      for (let grown = 0; grown < lines; grown += 20_000) fleet.logs[0]?.grow(20_000);
      const spool = join(fleet.directory, 'web-1/spool/live');
      // at its bound: the next block would not fit
      await until(() => spoolBytes(spool) > 8 * 1024 * 1024);
      await until(async () => (await collector.metric('droplens_transport_full_total')) > 0);
      expect(spoolBytes(spool)).toBeLessThanOrEqual(16 * 1024 * 1024);
      const waiting = collector.peakMemory();
      const began = Date.now();
      fleet.cluster.nodes[0]?.start();
      await fleet.cluster.nodes[0]?.up();
      expect(await fleet.settled()).toEqual({ ...exact(fleet.logs), lag: 0 });
      await until(() => spoolBytes(spool) === 0);
      say('Kafka', exact(fleet.logs).rows, Date.now() - began, [waiting, collector.peakMemory(), loader.peakMemory()]);
      expect(Math.max(collector.peakMemory(), loader.peakMemory())).toBeLessThan(mostMemory);
    },
  );

  test('the database away: rows wait in Kafka, the loader keeps its place in the group', { timeout: 300_000 }, async () => {
    const before = exact(fleet.logs).rows;
    await fleet.engine.end('SIGKILL');
    for (let grown = 0; grown < lines; grown += 20_000) fleet.logs[0]?.grow(20_000);
    await until(async () => (await loader.metric('droplens_loader_retries_total')) > 3);
    // longer than its session: without signs of life the group would have taken its partitions
    await until(newTurns(40));
    const fenced = await loader.metric('droplens_transport_kafka_fenced_total');
    const began = Date.now();
    fleet.engine.start();
    await fleet.engine.says('Ctrl-C ends it');
    expect(await fleet.settled()).toEqual({ ...exact(fleet.logs), lag: 0 });
    say('the database', exact(fleet.logs).rows - before, Date.now() - began, [collector.peakMemory(), loader.peakMemory()]);
    expect(fenced).toBe(0);
    expect(Math.max(collector.peakMemory(), loader.peakMemory())).toBeLessThan(mostMemory);
  });
});

function say(what: string, drained: number, ms: number, memory: readonly number[]): void {
  const speed = Math.round(drained / (ms / 1000));
  process.stdout.write(
    `outage: ${what} away: ${drained} lines exact, drained at ${speed} lines/s; memory ${memory.join(', ')} MiB at most\n`,
  );
}

function spoolBytes(directory: string): number {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.rows'))
    .reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** True at the given turn of waiting. */
function newTurns(turns: number): () => boolean {
  let left = turns;
  return () => (left -= 1) < 0;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come about: ${String(condition)}`);
    await passing(100);
  }
}
