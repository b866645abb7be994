import { interfacePart, ipv4Text, publicIpv4, publicIpv6Network } from '../addresses.ts';
import type { Behaviour, World } from '../behaviour.ts';
import { monitors, operator, type OwnHost } from '../own-hosts.ts';
import { tcpFlags, type Body } from '../packet.ts';
import type { Random } from '../random.ts';
import { ephemeralPort, ipv4, ipv6, linuxStack, nmapStack, syn, windowsStack } from './headers.ts';
import { member } from './population.ts';
import { portWalk } from './target-ports.ts';

const minute = 60_000;

/** Hosts that log what they accept; all hosts when none does. */
function talkative(world: World): readonly OwnHost[] {
  const found = world.hosts.filter((host) => host.logsBeforeAccept);
  return found.length > 0 ? found : world.hosts;
}

/** Our operator runs nmap against our own hosts: a fast scan by all signs, from an address that must never be banned. */
export const adminSelfTest: Behaviour = {
  longest: { packets: 600, gapMs: 200 },
  maxLinesPerSecond: 5,
  plan: (random) => ({ packets: random.between(60, 600), gapMs: random.between(10, 200), rhythm: 'random' }),
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const stack = nmapStack(random);
    const nextPort = portWalk(random, true);
    const srcPort = ephemeralPort(random);
    return () => syn(random, stack, operator, host, srcPort, nextPort(host));
  },
};

/** Our own processes that may not talk to the outside: OUT= is set, IN= is empty, and the socket's owner is named. */
export const ownOutbound: Behaviour = {
  longest: { packets: 20, gapMs: 30_000 },
  maxLinesPerSecond: 50,
  plan: (random) => ({ packets: random.between(1, 20), gapMs: random.between(1000, 30_000), rhythm: 'random' }),
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const far = ipv4Text(publicIpv4(random));
    const uid = random.pick([0, 33, 33, 105, 1000]);
    const dstPort = random.pick([25, 25, 53, 80, 123, 443, 6667]);
    const overUdp = dstPort === 53 || dstPort === 123;
    const stack = { ttl: 64, df: true, window: 64_240, synLength: 60, id: null };
    return () => {
      const srcPort = ephemeralPort(random);
      const body: Body = overUdp
        ? { kind: 'udp', srcPort, dstPort, length: 56 }
        : { kind: 'tcp', srcPort, dstPort, window: stack.window, flags: tcpFlags.syn };
      return {
        host,
        direction: 'out',
        ip: ipv4(random, stack, host.ipv4, far, overUdp ? 76 : 60),
        body,
        owner: { uid, gid: uid },
      };
    };
  },
};

/** A port that everybody may use, where the host has one. */
function openPort(random: Random, host: OwnHost): number {
  return host.open.length > 0 ? random.pick(host.open) : 443;
}

/** A user of an open port whose connection was logged and then accepted: looks denied, is welcome. */
export const visitor: Behaviour = {
  longest: { packets: 12, gapMs: 30_000 },
  plan: (random) => ({ packets: random.between(1, 12), gapMs: random.between(100, 30_000), rhythm: 'random' }),
  act: (random, world) => {
    const host = random.pick(talkative(world));
    const dstPort = openPort(random, host);
    if (random.chance(0.25)) {
      const src = `${publicIpv6Network(random)}:${interfacePart(random)}`;
      return () => {
        const body: Body = { kind: 'tcp', srcPort: ephemeralPort(random), dstPort, window: 64_800, flags: tcpFlags.syn };
        return { host, direction: 'in', ip: ipv6(random, 55, src, host.ipv6, 80), body };
      };
    }
    const { self, src } = member(random, world, 'user');
    const stack = self.chance(0.5) ? windowsStack(self) : linuxStack(self);
    return () => syn(random, stack, src, host, random.between(1024, 65535), dstPort);
  },
};

/** Our monitoring: every minute, for hours, one port that is open or one that should not be. */
export const monitor: Behaviour = {
  longest: { packets: 720, gapMs: 5 * minute },
  maxLinesPerSecond: 20,
  plan: (random) => ({ packets: random.between(60, 720), gapMs: random.pick([1, 1, 5]) * minute, rhythm: 'even' }),
  act: (random, world) => {
    const src = random.pick(monitors);
    const stack = linuxStack(random);
    const closed = random.chance(0.3);
    const host = closed ? random.pick(world.hosts) : random.pick(talkative(world));
    const port = closed ? random.pick([9100, 5666, 10050]) : openPort(random, host);
    return () => syn(random, stack, src, host, ephemeralPort(random), port);
  },
};
