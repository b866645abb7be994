import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { growUntil, newRound, type Fault } from './fault.ts';
import type { InsertFault } from './fault-proxy.ts';
import { operatorFaults } from './operator-faults.ts';
import type { ServiceProcess } from './service-process.ts';

const pollMs = 10;

/** A service started so that it kills itself at a named place. A loader has all partitions then, so that it comes by there. */
function atFailpoint(kind: 'collectors' | 'loaders', failpoint: string): Fault {
  return {
    name: `SIGKILL ${kind === 'collectors' ? 'collector' : 'loader'} ${failpoint}`,
    async run(fleet, random) {
      const [victim, ...others] = fleet[kind] as readonly [ServiceProcess, ...ServiceProcess[]];
      const away = kind === 'loaders' ? others : [];
      await Promise.all([victim, ...away].map((one) => one.end('SIGTERM')));
      victim.start(failpoint);
      await growUntil(fleet, random, () => !victim.running);
      const died = (await victim.gone()) === 'SIGKILL';
      fleet.grow(random, 100);
      for (const one of [victim, ...away]) one.start();
      return { kills: 1, inFlight: died ? 1 : 0 };
    },
  };
}

/** An insert that suffers on its way to the database. */
function onTheWire(kind: InsertFault, delayMs = 0): Fault {
  return {
    name: `insert: ${kind}`,
    async run(fleet, random) {
      const before = fleet.proxy.hurt;
      for (let times = 1; times <= 3; times += 1) {
        fleet.proxy.arm(kind, delayMs);
        await growUntil(fleet, random, () => fleet.proxy.hurt >= before + times);
      }
      return { kills: 0, inFlight: fleet.proxy.hurt - before };
    },
  };
}

const databaseKilled: Fault = {
  name: 'SIGKILL database in mid insert',
  async run(fleet, random) {
    let inFlight = 0;
    for (let times = 0; times < 3; times += 1) {
      await growUntil(fleet, random, () => fleet.proxy.active > 0);
      inFlight += fleet.proxy.active;
      await fleet.engine.end('SIGKILL');
      fleet.grow(random, 100);
      fleet.engine.start();
      await fleet.engine.says('Ctrl-C ends it');
    }
    return { kills: 3, inFlight };
  },
};

/** The only broker, or the one that leads most, dies and comes back. */
const brokerKilled: Fault = {
  name: 'SIGKILL broker while rows are written',
  async run(fleet, random) {
    let inFlight = 0;
    for (const node of fleet.cluster.nodes) {
      fleet.grow(random, 400);
      await passing(pollMs);
      await node.end('SIGKILL');
      fleet.grow(random, 200);
      const seen = await fleet.metric(fleet.collectors, 'droplens_transport_kafka_failures_total');
      await growUntil(fleet, random, newRound(3));
      inFlight += Math.max(1, (await fleet.metric(fleet.collectors, 'droplens_transport_kafka_failures_total')) - seen);
      node.start();
      await node.up();
    }
    return { kills: fleet.cluster.nodes.length, inFlight };
  },
};

const brokerRestarted: Fault = {
  name: 'restart broker while rows are written',
  async run(fleet, random) {
    for (const node of fleet.cluster.nodes) {
      fleet.grow(random, 400);
      await node.end('SIGTERM');
      fleet.grow(random, 400);
      node.start();
      await node.up();
      fleet.grow(random, 400);
    }
    return { kills: 0, inFlight: fleet.cluster.nodes.length };
  },
};

/** Stopped in mid insert for longer than its session, and woken after others have finished its batch. */
const zombie: Fault = {
  name: 'SIGSTOP loader beyond its session, then SIGCONT',
  async run(fleet, random) {
    const [victim, other] = fleet.loaders as readonly [ServiceProcess, ServiceProcess];
    // the other one comes back when the first is asleep: what is under way is the victim's
    await other.end('SIGTERM');
    await growUntil(fleet, random, () => fleet.proxy.active > 0);
    const inFlight = fleet.proxy.active;
    victim.signal('SIGSTOP');
    other.start();
    await other.says('"msg":"started"');
    await growUntil(fleet, random, newRound(150));
    victim.signal('SIGCONT');
    return { kills: 0, inFlight };
  },
};

const loaderLost: Fault = {
  name: 'SIGKILL one of two loaders in mid insert',
  async run(fleet, random) {
    const [victim] = fleet.loaders as readonly [ServiceProcess];
    await growUntil(fleet, random, () => fleet.proxy.active > 0);
    const inFlight = fleet.proxy.active;
    await victim.end('SIGKILL');
    await growUntil(fleet, random, newRound(50));
    victim.start();
    return { kills: 1, inFlight };
  },
};

const logsRotated: Fault = {
  name: 'logs rotated and truncated while collectors die',
  async run(fleet, random) {
    let kills = 0;
    for (const [n, log] of fleet.logs.entries()) {
      const collector = fleet.collectors[n] as ServiceProcess;
      log.grow(200);
      if (n % 2 === 0) log.rotate();
      else log.copyTruncate();
      log.grow(200);
      await collector.end('SIGKILL');
      kills += 1;
      log.grow(100);
      log.rotate();
      log.grow(100);
      collector.start();
      await growUntil(fleet, random, newRound(20));
    }
    return { kills, inFlight: kills };
  },
};

/** The checkpoint cannot be saved; the collector dies in the middle of it, and comes back before there is room. */
const diskFull: Fault = {
  name: 'disk of checkpoint and spool full, collector killed',
  async run(fleet, random) {
    const [victim] = fleet.collectors as readonly [ServiceProcess];
    const filler = join(fleet.smallDisk, 'filler');
    for (const bytes of [1 << 20, 1 << 12, 1]) {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(bytes));
      } catch {
        continue; // full, as wanted: the rest in smaller pieces
      }
    }
    const full = 'droplens_errors_total{component="collector.file",code="DL_DISK_FULL"}';
    let inFlight = 0;
    const until = Date.now() + 60_000;
    while (inFlight === 0 && Date.now() < until) {
      await growUntil(fleet, random, newRound(10));
      inFlight = await victim.metric(full);
    }
    await victim.end('SIGKILL');
    victim.start();
    await growUntil(fleet, random, newRound(50));
    rmSync(filler);
    return { kills: 1, inFlight };
  },
};

/** Every named fault, on a fleet with one broker. */
export const faults: readonly Fault[] = [
  atFailpoint('collectors', 'afterRequest'),
  atFailpoint('collectors', 'afterAcknowledge'),
  atFailpoint('loaders', 'afterPoll'),
  atFailpoint('loaders', 'afterPlan'),
  atFailpoint('loaders', 'afterIntent'),
  atFailpoint('loaders', 'afterInsert'),
  atFailpoint('loaders', 'afterLedger'),
  atFailpoint('loaders', 'afterStatus'),
  atFailpoint('loaders', 'beforeCommit'),
  onTheWire('cut-body'),
  onTheWire('swallow-response'),
  onTheWire('delay-response', 8000),
  databaseKilled,
  loaderLost,
  zombie,
  brokerRestarted,
  brokerKilled,
  ...operatorFaults,
  logsRotated,
  diskFull,
];

/** What only several brokers can suffer. */
export const failovers: readonly Fault[] = [
  { ...brokerKilled, name: 'SIGKILL each of three brokers in turn' },
  { ...brokerRestarted, name: 'leader change: restart each of three brokers' },
];
