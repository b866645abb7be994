import { interfacePart, ipv4Text, publicIpv4, publicIpv6Network } from '../addresses.ts';
import type { Behaviour } from '../behaviour.ts';
import type { OwnHost } from '../own-hosts.ts';
import { tcpFlags, type Body, type IcmpBody, type IpHeader, type Packet } from '../packet.ts';
import type { Random } from '../random.ts';
import { ephemeralPort, hops, ipv4, ipv6, linuxStack } from './headers.ts';
import { member } from './population.ts';

/** Type, code: unreachable (net, host, protocol, port, needs fragmenting, prohibited ×3) and time exceeded. */
const ipv4Errors: readonly (readonly [type: number, code: number])[] = [
  [3, 0],
  [3, 1],
  [3, 1],
  [3, 1],
  [3, 2],
  [3, 3],
  [3, 3],
  [3, 3],
  [3, 4],
  [3, 9],
  [3, 10],
  [3, 13],
  [11, 0],
  [11, 0],
];
const ipv6Errors: readonly (readonly [type: number, code: number])[] = [
  [1, 0],
  [1, 1],
  [1, 3],
  [1, 4],
  [2, 0],
  [3, 0],
];

/** What our host had sent: a name question, a web connection, a time question. */
function quotedBody(random: Random): Body {
  const srcPort = ephemeralPort(random);
  const kind = random.below(10);
  if (kind < 4) return { kind: 'udp', srcPort, dstPort: random.pick([53, 53, 123, 443, 33434]), length: random.between(20, 80) };
  if (kind < 6) return { kind: 'tcp-short' };
  return {
    kind: 'tcp',
    srcPort,
    dstPort: random.pick([443, 443, 80, 25]),
    window: random.between(200, 64_240),
    flags: tcpFlags.ack,
  };
}

/** A packet of ours on its way to a stranger, as a router gives it back. */
function quoted(random: Random, host: OwnHost, far: string): { ip: IpHeader; body: Body } {
  const body = quotedBody(random);
  const length = body.kind === 'udp' ? body.length : body.kind === 'tcp' ? random.between(40, 1480) : 60;
  if (far.includes(':')) return { ip: ipv6(random, random.between(1, 60), host.ipv6, far, length + 40), body };
  const ip: IpHeader = {
    version: 4,
    src: host.ipv4,
    dst: far,
    length: length + 20,
    tos: 0,
    ttl: random.between(1, 60),
    id: random.below(65536),
    df: true,
  };
  return { ip, body };
}

/** An error from a router on the way, or from the far host itself, with the packet it is about. */
export function icmpErrorPacket(random: Random, host: OwnHost, router: string, far: string): Packet {
  const six = router.includes(':');
  const [type, code] = random.pick(six ? ipv6Errors : ipv4Errors);
  const mtu = (six && type === 2) || (!six && type === 3 && code === 4) ? random.pick([1280, 1400, 1420, 1492]) : undefined;
  const body: IcmpBody = { kind: 'icmp', type, code, quoted: quoted(random, host, far), ...(mtu === undefined ? {} : { mtu }) };
  const stack = { ttl: 255 - hops(random), df: false, window: 0, synLength: 0, id: null };
  const ip = six
    ? ipv6(random, 64 - hops(random), router, host.ipv6, random.between(96, 600))
    : { ...ipv4(random, stack, router, host.ipv4, random.between(56, 576)), tos: 0xc0 };
  return { host, direction: 'in', ip, body };
}

/** Routers that report what became of our packets. */
export const icmpError: Behaviour = {
  longest: { packets: 6, gapMs: 3000 },
  plan: (random) => ({ packets: random.between(1, 6), gapMs: random.between(100, 3000), rhythm: 'random' }),
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const six = random.chance(0.12);
    const network = six ? publicIpv6Network(random) : '';
    const router = six ? `${network}:${interfacePart(random)}` : member(random, world, 'router').src;
    const far = six ? `${network}:${interfacePart(random)}` : ipv4Text(publicIpv4(random));
    return () => icmpErrorPacket(random, host, router, far);
  },
};

/** Somebody pings. */
export const echo: Behaviour = {
  longest: { packets: 60, gapMs: 1100 },
  plan: (random) => ({ packets: random.heavyTailed(1, 60), gapMs: random.between(900, 1100), rhythm: 'even' }),
  act: (random, world) => {
    const host = random.pick(world.hosts);
    const six = random.chance(0.1);
    const src = six ? `${publicIpv6Network(random)}:${interfacePart(random)}` : member(random, world, 'echo').src;
    const stack = { ...linuxStack(random), df: random.chance(0.5) };
    const id = random.below(65536);
    let sequence = 0;
    return () => {
      sequence += 1;
      const ip = six ? ipv6(random, stack.ttl, src, host.ipv6, 104) : ipv4(random, stack, src, host.ipv4, 84);
      return { host, direction: 'in', ip, body: { kind: 'icmp', type: six ? 128 : 8, code: 0, echo: { id, sequence } } };
    };
  },
};
