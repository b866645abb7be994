import { macAddress } from '../addresses.ts';
import type { Behaviour, World } from '../behaviour.ts';
import type { OwnHost } from '../own-hosts.ts';
import type { Body, IpHeader, Packet } from '../packet.ts';
import { Random } from '../random.ts';

interface Neighbour {
  readonly ipv4: string;
  readonly mac: string;
}

/** A machine of the same network segment. */
function neighbour(random: Random, world: World): Neighbour {
  const last = 40 + random.below(40);
  return { ipv4: `192.0.2.${last}`, mac: macAddress(new Random(world.seed, 'neighbour', last)) };
}

function frame(
  random: Random,
  host: OwnHost,
  from: Neighbour,
  to: string,
  mac: string,
  length: number,
  body: Body,
  src?: string,
): Packet {
  const multicast = to.startsWith('2') && to !== '255.255.255.255' && !to.endsWith('.255');
  const ttl = multicast ? (body.kind === 'udp' && body.dstPort === 5353 ? 255 : 1) : 128;
  const id = random.below(65536);
  const ip: IpHeader = { version: 4, src: src ?? from.ipv4, dst: to, length, tos: 0, ttl, id, df: multicast };
  return { host, direction: 'in', mac: `${mac}:${from.mac}`, ip, body };
}

const everybody = 'ff:ff:ff:ff:ff:ff';

/** The chatter of a network segment: nobody means us. */
export const broadcast: Behaviour = {
  longest: { packets: 10, gapMs: 60_000 },
  maxLinesPerSecond: 50,
  plan: (random) => ({ packets: random.between(1, 10), gapMs: random.between(1000, 60_000), rhythm: 'even' }),
  act: (random, world) => {
    const from = neighbour(random, world);
    const host = random.pick(world.hosts);
    const udp = (srcPort: number, dstPort: number, length: number): Body => ({ kind: 'udp', srcPort, dstPort, length });
    switch (random.below(6)) {
      case 0: // DHCP: a machine without an address yet
        return () => frame(random, host, from, '255.255.255.255', everybody, 328, udp(68, 67, 308), '0.0.0.0');
      case 1: // mDNS
        return () => frame(random, host, from, '224.0.0.251', '01:00:5e:00:00:fb', 73, udp(5353, 5353, 53));
      case 2: // SSDP
        return () => frame(random, host, from, '239.255.255.250', '01:00:5e:7f:ff:fa', 201, udp(49_152, 1900, 181));
      case 3: // NetBIOS names
        return () => frame(random, host, from, '192.0.2.255', everybody, 78, udp(137, 137, 58));
      case 4: // NetBIOS datagrams
        return () => frame(random, host, from, '192.0.2.255', everybody, 229, udp(138, 138, 209));
      default: // IGMP query
        return () => frame(random, host, from, '224.0.0.1', '01:00:5e:00:00:01', 32, { kind: 'other', protocol: 2 });
    }
  },
};
