import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutKafka } from '../../kafka/jars.ts';
import { seeded } from '../growing-log.ts';
import type { Damage, Fault } from './fault.ts';
import { failovers, faults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { exact } from './oracle.ts';

const kills = Number(process.env['DROPLENS_CHAOS_KILLS'] ?? 20);
const seed = Number(process.env['DROPLENS_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const keep = process.env['DROPLENS_CHAOS_KEEP'] !== undefined;
/** Only faults with this in their name. */
const only = process.env['DROPLENS_CHAOS_ONLY'] ?? '';

/** A row of the table that the suite prints. */
async function say(name: string, damage: Damage, fleet: Fleet, began: number): Promise<void> {
  const cut = await fleet.metric(fleet.loaders, 'droplens_loader_cut_rows_total');
  const rebuilt = await fleet.metric(fleet.loaders, 'droplens_transport_kafka_claims_total{kind="rebuild"}');
  const cells = [
    name.padEnd(50),
    `${damage.kills} kills`,
    `${damage.inFlight} in flight`,
    `${rebuilt} batches rebuilt`,
    `${cut} rows cut`,
    `${exact(fleet.logs).rows} lines`,
  ];
  process.stdout.write(`chaos: ${cells.join('   ')}   ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

describe.skipIf(withoutKafka('fleet under chaos'))(`a fleet on one broker (seed ${seed})`, () => {
  const random = seeded(seed);
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start({ random });
  }, 180_000);
  afterAll(async () => {
    if (keep) process.stdout.write(`chaos: kept ${fleet.directory}\n`);
    await fleet.stop(keep);
  }, 60_000);

  test.each(faults.filter(({ name }) => name.includes(only)))('$name', { timeout: 300_000 }, async (fault) => {
    const { found, damage } = await suffer(fleet, fault, random);
    expect(found).toEqual({ ...exact(fleet.logs), lag: 0 });
    expect(damage.inFlight, 'nothing was under way: the fault did not happen').toBeGreaterThan(0);
  });

  test(`${kills} kills at random moments`, { timeout: 3_600_000 }, async () => {
    const began = Date.now();
    const died = { collector: 0, loader: 0, database: 0, broker: 0 };
    let inFlight = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const until = Date.now() + random() * 2500;
      while (Date.now() < until) {
        fleet.grow(random, 100);
        const log = fleet.logs[Math.floor(random() * fleet.logs.length)];
        if (random() < 0.03) log?.rotate();
        else if (random() < 0.02) log?.copyTruncate();
        await passing(20);
      }
      inFlight += fleet.proxy.active;
      const dice = random();
      if (dice < 0.4) {
        await restart(fleet, 'collectors', random);
        died.collector += 1;
      } else if (dice < 0.75) {
        await restart(fleet, 'loaders', random);
        died.loader += 1;
      } else if (dice < 0.9) {
        await fleet.engine.end('SIGKILL');
        fleet.engine.start();
        await fleet.engine.says('Ctrl-C ends it');
        died.database += 1;
      } else {
        const node = fleet.cluster.nodes[Math.floor(random() * fleet.cluster.nodes.length)];
        await node?.end('SIGKILL');
        node?.start();
        await node?.up();
        died.broker += 1;
      }
    }
    expect(await fleet.settled()).toEqual({ ...exact(fleet.logs), lag: 0 });
    const names = Object.entries(died).map(([name, times]) => `${name} ${times}`);
    await say(`random SIGKILLs (${names.join(', ')})`, { kills, inFlight }, fleet, began);
  });
});

const wanted = failovers.filter(({ name }) => name.includes(only));

describe.skipIf(wanted.length === 0 || withoutKafka('fleet on three brokers'))(`a fleet on three brokers (seed ${seed})`, () => {
  const random = seeded(seed + 1);
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start({ random, nodes: 3, hosts: 2 });
  }, 180_000);
  afterAll(() => fleet.stop(keep), 60_000);

  test.each(wanted)('$name', { timeout: 300_000 }, async (fault) => {
    const { found, damage } = await suffer(fleet, fault, random);
    expect(found).toEqual({ ...exact(fleet.logs), lag: 0 });
    expect(damage.inFlight, 'nothing was under way: the fault did not happen').toBeGreaterThan(0);
  });
});

/** Lets the fault happen and waits until everything is loaded; what the tables say then. */
async function suffer(
  fleet: Fleet,
  fault: Fault,
  random: () => number,
): Promise<{ found: Awaited<ReturnType<Fleet['settled']>>; damage: Damage }> {
  const began = Date.now();
  fleet.grow(random, 300);
  const damage = await fault.run(fleet, random);
  fleet.grow(random, 100);
  const found = await fleet.settled();
  await say(fault.name, damage, fleet, began);
  return { found, damage };
}

async function restart(fleet: Fleet, kind: 'collectors' | 'loaders', random: () => number): Promise<void> {
  const victim = fleet[kind][Math.floor(random() * fleet[kind].length)];
  await victim?.end('SIGKILL');
  victim?.start();
}
