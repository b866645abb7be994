import { ipv4Text, publicIpv4 } from '../addresses.ts';
import type { Behaviour } from '../behaviour.ts';
import { Random } from '../random.ts';
import { datagram, ephemeralPort, linuxStack, syn, windowsStack } from './headers.ts';
import { member } from './population.ts';
import { botFamilies } from './target-ports.ts';
import { isLogged } from '../own-hosts.ts';

/** An infected machine: one service, host after host, and back some day. */
export const onePortBot: Behaviour = {
  longest: { packets: 120, gapMs: 300_000 },
  plan: (random) => ({ packets: random.heavyTailed(2, 120), gapMs: random.between(500, 300_000), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'one-port-bot');
    let point = self.unit();
    let family = botFamilies[0]!;
    for (const candidate of botFamilies) {
      family = candidate;
      if (point < candidate.weight) break;
      point -= candidate.weight;
    }
    const stack = family.windows ? windowsStack(self) : linuxStack(self);
    let turn = random.below(world.hosts.length);
    return () => {
      let port = random.pick(family.ports);
      let host = world.hosts[turn % world.hosts.length]!;
      turn += 1;
      // an open port leaves no line: the next host, or else the family's first port, which nobody serves
      if (!isLogged(host, port)) host = world.hosts[turn % world.hosts.length]!;
      if (!isLogged(host, port)) port = family.ports[0]!;
      return syn(random, stack, src, host, ephemeralPort(random), port);
    };
  },
};

/** A peer that still believes that the former owner of our address shares a file. */
export const p2pLeftover: Behaviour = {
  longest: { packets: 36, gapMs: 600_000 },
  plan: (random) => ({ packets: random.heavyTailed(1, 36), gapMs: random.between(10_000, 600_000), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'p2p-leftover');
    const host = self.pick(world.hosts);
    const stack = self.chance(0.7) ? windowsStack(self) : linuxStack(self);
    const srcPort = self.chance(0.6) ? host.formerPeerPort : ephemeralPort(random);
    return () => {
      if (random.chance(0.15)) return syn(random, stack, src, host, ephemeralPort(random), host.formerPeerPort);
      return datagram(random, stack, src, host, [srcPort, host.formerPeerPort], random.pick([20, 30, 58, 101, 104, 109]));
    };
  },
};

/**
 * SYN packets whose source is not their sender. A burst takes a new source for every packet; in hard mode a few forged sources
 * come back for hours, to several ports, as a slow scanner would: nothing in a line tells them from one.
 */
export const spoofedSyn: Behaviour = {
  longest: { packets: 1500, gapMs: 60_000 },
  plan: (random, world) =>
    world.hard
      ? { packets: random.between(200, 1500), gapMs: random.between(10_000, 60_000), rhythm: 'random' }
      : { packets: random.heavyTailed(80, 1500), gapMs: random.between(2, 40), rhythm: 'random' },
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const sources = world.hard ? Array.from({ length: random.between(20, 120) }, () => ipv4Text(publicIpv4(random))) : null;
    const port = host.open.find((open) => isLogged(host, open)) ?? random.pick([22, 8080, 3306]);
    const ports = [port, 23, 22, 3389, 8080, 5900, 21, 1433, 6379, 9200].filter((candidate) => isLogged(host, candidate));
    return () => {
      const src = sources === null ? ipv4Text(publicIpv4(random)) : random.pick(sources);
      const stack = linuxStack(new Random(world.seed, src));
      return syn(random, stack, src, host, ephemeralPort(random), sources === null ? port : random.pick(ports));
    };
  },
};
