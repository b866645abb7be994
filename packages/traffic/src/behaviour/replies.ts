import type { Behaviour } from '../behaviour.ts';
import { resolvers } from '../own-hosts.ts';
import { tcpFlags, type TcpBody } from '../packet.ts';
import { datagram, ephemeralPort, ipv4, linuxStack, type Stack } from './headers.ts';
import { member } from './population.ts';

/** A victim of a flood answers forged packets that named us as their source: whatever port the forger made up. */
export const backscatter: Behaviour = {
  longest: { packets: 400, gapMs: 5000 },
  plan: (random) => ({ packets: random.heavyTailed(3, 400), gapMs: random.between(50, 5000), rhythm: 'random' }),
  act: (random, world) => {
    const { self, src } = member(random, world, 'backscatter');
    const host = random.pick(world.hosts);
    const stack = linuxStack(self);
    const srcPort = self.pick([80, 80, 443, 443, 443, 22, 53, 25565, 8080]);
    const { syn, ack, rst } = tcpFlags;
    const flags = random.pick([syn | ack, syn | ack, syn | ack, rst | ack, rst]);
    const fixedPort = random.chance(0.3) ? random.between(1, 65535) : null;
    const open = flags === (syn | ack);
    return () => {
      const dstPort = fixedPort ?? random.between(1, 65535);
      const body: TcpBody = { kind: 'tcp', srcPort, dstPort, window: open ? stack.window : 0, flags };
      return { host, direction: 'in', ip: ipv4(random, { ...stack, id: 0 }, src, host.ipv4, open ? 44 : 40), body };
    };
  },
};

/** The rest of a connection that our host opened and its firewall has forgotten; retransmitted with growing pauses. */
export const strayReply: Behaviour = {
  longest: { packets: 8, gapMs: 20_000 },
  plan: (random) => ({ packets: random.between(1, 8), gapMs: random.between(500, 20_000), rhythm: 'backoff' }),
  act: (random, world) => {
    const { src } = member(random, world, 'server');
    const host = random.pick(world.hosts);
    const stack: Stack = { ...linuxStack(random), window: random.between(100, 1200) };
    const { ack, fin, psh, rst } = tcpFlags;
    const flags = random.pick([ack, ack | fin, ack | fin, ack | psh, rst, rst | ack]);
    const ports = { srcPort: random.pick([443, 443, 443, 443, 80, 80, 587, 993]), dstPort: ephemeralPort(random) };
    const length = flags & psh ? random.between(60, 1500) : 52;
    return () => {
      const body: TcpBody = { kind: 'tcp', ...ports, window: flags & rst ? 0 : stack.window, flags };
      return { host, direction: 'in', ip: ipv4(random, stack, src, host.ipv4, flags & rst ? 40 : length), body };
    };
  },
};

/** Answers to our own questions that come after the firewall stopped waiting: to the port we asked from. */
export const lateAnswer: Behaviour = {
  longest: { packets: 3, gapMs: 4000 },
  plan: (random) => ({ packets: random.between(1, 3), gapMs: random.between(200, 4000), rhythm: 'random' }),
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const stack = linuxStack(random);
    const service = random.pick([53, 53, 53, 53, 123, 443]);
    const ours = service === 53 && random.chance(0.75);
    const src = ours ? random.pick(resolvers) : member(random, world, 'server').src;
    const dstPort = service === 123 && random.chance(0.3) ? 123 : ephemeralPort(random);
    return () => {
      const data = service === 53 ? random.between(44, 500) : service === 123 ? 48 : random.between(25, 1322);
      return datagram(random, { ...stack, df: false }, src, host, [service, dstPort], data);
    };
  },
};

/** A user whose connection our firewall has forgotten (a reboot, a long pause): old data and goodbyes to a port that is open. */
export const staleClient: Behaviour = {
  longest: { packets: 9, gapMs: 15_000 },
  plan: (random) => ({ packets: random.between(2, 9), gapMs: random.between(1000, 15_000), rhythm: 'backoff' }),
  act: (random, world) => {
    const { src } = member(random, world, 'user');
    const serving = world.hosts.filter((host) => host.open.length > 0);
    const host = random.pick(serving.length > 0 ? serving : world.hosts);
    const stack: Stack = { ...linuxStack(random), window: random.between(200, 2000) };
    const { ack, fin, psh } = tcpFlags;
    const flags = random.pick([ack | psh, ack | psh, ack | fin, ack]);
    const dstPort = host.open.length > 0 ? random.pick(host.open) : 443;
    const ports = { srcPort: random.between(1024, 65535), dstPort };
    const length = flags & psh ? random.between(60, 1400) : 52;
    return () => {
      const body: TcpBody = { kind: 'tcp', ...ports, window: stack.window, flags };
      return { host, direction: 'in', ip: ipv4(random, stack, src, host.ipv4, length), body };
    };
  },
};
