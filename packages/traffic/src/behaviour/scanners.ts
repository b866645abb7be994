import { interfacePart, ipv4Text, publicIpv4, publicIpv6Network } from '../addresses.ts';
import type { Behaviour } from '../behaviour.ts';
import { tcpFlags } from '../packet.ts';
import { Random } from '../random.ts';
import { datagram, ephemeralPort, hops, ipv4, ipv6, linuxStack, nmapStack, rawStack, syn } from './headers.ts';
import { member } from './population.ts';
import { favourites, portWalk, udpServices } from './target-ports.ts';

const minute = 60_000;

/** One address, many ports, 2.5 to 200 probes a second. */
export const fastScan: Behaviour = {
  longest: { packets: 3000, gapMs: 400 },
  plan: (random) => ({ packets: random.heavyTailed(40, 3000), gapMs: random.between(5, 400), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'fast-scan');
    const stack = self.pick([nmapStack, nmapStack, linuxStack, rawStack])(self);
    const hosts = random.chance(0.6) ? [random.pick(world.hosts)] : world.hosts;
    const nextPort = portWalk(random, random.chance(0.7));
    const srcPort = ephemeralPort(random);
    const oneSocket = stack.synLength === 44;
    let turn = 0;
    return () => {
      const host = hosts[turn % hosts.length]!;
      turn += 1;
      return syn(random, stack, src, host, oneSocket ? srcPort : ephemeralPort(random), nextPort(host));
    };
  },
};

/** One probe every 60 to 300 seconds, for three hours to two days: below every rate limit. */
export const slowScan: Behaviour = {
  longest: { packets: 1000, gapMs: 3 * minute },
  maxLinesPerSecond: 20,
  plan: (random) => ({ packets: random.between(60, 1000), gapMs: 3 * minute, rhythm: 'even' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'slow-scan');
    const stack = linuxStack(self);
    const nextPort = portWalk(random, random.chance(0.5));
    return () => {
      const host = random.pick(world.hosts);
      return syn(random, stack, src, host, ephemeralPort(random), nextPort(host));
    };
  },
};

/** 110 to 130 addresses of one /24 share the work: each is seen only a few times. */
export const distributedScan: Behaviour = {
  longest: { packets: 1560, gapMs: 25_000 },
  plan: (random) => ({
    packets: random.between(110, 130) * random.between(5, 12),
    gapMs: random.between(4000, 25_000),
    rhythm: 'random',
  }),
  act: (random, world) => {
    const network = Math.floor(publicIpv4(new Random(world.seed, 'distributed-scan', random.below(200))) / 256) * 256;
    const members = random.between(110, 130);
    const first = random.between(1, 254);
    const stride = random.pick([1, 3, 5, 7, 9]); // 254 = 2 · 127: coprime, so no address comes twice
    const stack = rawStack(random);
    const nextPort = portWalk(random, true);
    return () => {
      const host = random.pick(world.hosts);
      const src = ipv4Text(network + 1 + ((first + random.below(members) * stride) % 254));
      return syn(random, stack, src, host, ephemeralPort(random), nextPort(host));
    };
  },
};

/** Asks one UDP service after the other, as those do who look for amplifiers. */
export const udpScan: Behaviour = {
  longest: { packets: 1500, gapMs: 5000 },
  plan: (random) => ({ packets: random.heavyTailed(20, 1500), gapMs: random.between(20, 5000), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'udp-scan');
    const stack = rawStack(self);
    const srcPort = ephemeralPort(random);
    const first = random.below(udpServices.length);
    let turn = 0;
    return () => {
      const host = world.hosts[turn % world.hosts.length]!;
      const [port, data] = udpServices[(first + Math.floor(turn / world.hosts.length)) % udpServices.length]!;
      turn += 1;
      return datagram(random, stack, src, host, [srcPort, random.chance(0.85) ? port : random.between(1024, 65535)], data);
    };
  },
};

/** Over IPv6, with a new interface part every few probes: only the /64 stays. */
export const ipv6Scan: Behaviour = {
  longest: { packets: 1500, gapMs: 4000 },
  plan: (random) => ({ packets: random.heavyTailed(30, 1500), gapMs: random.between(50, 4000), rhythm: 'random' }),
  act: (random, world) => {
    const network = publicIpv6Network(new Random(world.seed, 'ipv6-scan', world.population.draw(random)));
    const hopLimit = 64 - hops(random);
    const nextPort = portWalk(random, true);
    let src = '';
    return () => {
      if (src === '' || random.chance(0.3)) src = `${network}:${interfacePart(random)}`;
      const host = random.pick(world.hosts);
      const ports = { srcPort: ephemeralPort(random), dstPort: nextPort(host) };
      const ip = ipv6(random, hopLimit, src, host.ipv6, 80);
      return { host, direction: 'in', ip, body: { kind: 'tcp', ...ports, window: 64_800, flags: tcpFlags.syn } };
    };
  },
};

/** Packets that no stack sends: their sender wants to see what the firewall lets through. */
export const craftedFlags: Behaviour = {
  longest: { packets: 300, gapMs: 2000 },
  plan: (random) => ({ packets: random.between(20, 300), gapMs: random.between(10, 2000), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'crafted-flags');
    const stack = nmapStack(self);
    const flags = self.pick([0, tcpFlags.fin, tcpFlags.fin | tcpFlags.psh | tcpFlags.urg]);
    const host = random.pick(world.hosts);
    const nextPort = portWalk(random, true);
    const srcPort = ephemeralPort(random);
    return () => {
      const ip = ipv4(random, stack, src, host.ipv4, 40);
      return { host, direction: 'in', ip, body: { kind: 'tcp', srcPort, dstPort: nextPort(host), window: 1024, flags } };
    };
  },
};

/** Few organisations with many machines: ZMap (identification 54321, window 65535) or masscan (window 1024, 40 bytes). */
export const researchScan: Behaviour = {
  longest: { packets: 120, gapMs: 360_000 },
  plan: (random) => ({ packets: random.heavyTailed(4, 120), gapMs: random.between(1000, 360_000), rhythm: 'random' }),
  act: (random, world) => {
    const organisation = random.below(12);
    const network = Math.floor(publicIpv4(new Random(world.seed, 'research-scan', organisation)) / 256) * 256;
    const src = ipv4Text(network + random.between(1, 40));
    const zmap = organisation % 3 !== 0;
    const ttl = 255 - hops(random);
    const stack = { ttl, df: false, window: zmap ? 65_535 : 1024, synLength: 40, id: zmap ? 54_321 : null };
    const single = random.chance(0.5) ? random.pick(favourites) : null;
    const nextPort = portWalk(random, true);
    return () => {
      const host = random.pick(world.hosts);
      const walked = nextPort(host);
      const port = single === null || host.open.includes(single) ? walked : single;
      return syn(random, stack, src, host, ephemeralPort(random), port);
    };
  },
};
