import {
  arriving,
  decoded,
  decodedLog,
  fromAttacker,
  fullFlags,
  fullLog,
  type Group,
  leaving,
  nftChain,
  passing,
  type Shot,
  v4Type,
  v6Type,
} from './groups.ts';
import { decodedMac, macs, type Machines } from './machines.ts';
import { ipv4Packets, type NamedPacket } from './packet/ipv4-packets.ts';
import { ipv6Packets } from './packet/ipv6-packets.ts';
import { expectation, type Rule } from './packet/logged.ts';
import type { LogOptions } from './packet/piece.ts';

const movable = (packets: readonly NamedPacket[]): NamedPacket[] => packets.filter((each) => each.stays !== true);

/** IPv4 and IPv6 packets of every shape, arriving, passing and leaving, logged by nft and both kinds of iptables. */
export function shapeGroups(machines: Machines): Group[] {
  const { router } = machines;
  const toUs = ipv4Packets('203.0.113.66', '198.51.100.1');
  const through = ipv4Packets('203.0.113.67', '192.0.2.80');
  const toUs6 = ipv6Packets('2001:db8:bad::66', '2001:db8:1::1');
  const through6 = ipv6Packets('2001:db8:bad:0:1::67', '2001:db8:2::80');
  const out4 = ipv4Packets('198.51.100.1', '203.0.113.68');
  const out6 = ipv6Packets('2001:db8:1::1', '2001:db8:bad::68');
  const nft = async (text: string): Promise<void> => {
    await router.feed(text, 'nft', '-f', '-');
  };
  const rule = (prefix: string, action: Rule['action'], log: LogOptions, more: Partial<Rule> = {}): Rule => ({
    prefix,
    action,
    log,
    ...more,
  });
  const logThenDrop = async (tool: string, place: readonly string[], log: readonly string[]): Promise<void> => {
    await router.run(tool, ...place, '-j', 'LOG', ...log);
    await router.run(tool, ...place, '-j', 'DROP');
  };
  /** A raw socket of its own user sends them; the kernel sends what it is given. */
  const fromRouter = (via: string, packets: readonly NamedPacket[], given: Rule): Shot[] =>
    packets.map(({ name, packet }) => ({
      name,
      send: async () => {
        await machines.onRouter.send({ via, hex: packet.bytes.toString('hex'), uid: given.uid ?? 0, gid: given.gid ?? 0 });
      },
      expected: [expectation(packet, leaving, given)],
    }));
  return [
    {
      name: 'nft prerouting, IPv4',
      install: async () => await nft(nftChain('ip', 'prerouting', 'iif dlwan0', 'log prefix "nft drop: "')),
      shots: fromAttacker(machines, v4Type, toUs, arriving(v4Type), rule('nft drop: ', 'deny', {})),
    },
    {
      name: 'nft prerouting with flags all, IPv4',
      install: async () => await nft(nftChain('ip', 'prerouting', 'iif dlwan0', 'log prefix "seen " flags all')),
      shots: fromAttacker(machines, v4Type, toUs, decoded(v4Type), rule('seen ', 'unknown', decodedLog)),
    },
    {
      name: 'iptables-legacy FORWARD, IPv4',
      install: async () =>
        await logThenDrop(
          'iptables-legacy',
          ['-A', 'FORWARD', '-i', 'dlwan0'],
          ['--log-prefix', 'iptables denied: ', ...fullFlags],
        ),
      shots: fromAttacker(
        machines,
        v4Type,
        movable(through),
        passing(v4Type),
        rule('iptables denied: ', 'deny', { ...fullLog, hops: 1 }),
      ),
    },
    {
      name: 'nft prerouting, IPv6',
      install: async () => await nft(nftChain('ip6', 'prerouting', 'iif dlwan0', 'log prefix "nft drop: "')),
      shots: fromAttacker(machines, v6Type, toUs6, arriving(v6Type), rule('nft drop: ', 'deny', {})),
    },
    {
      name: 'ip6tables-legacy raw PREROUTING, IPv6',
      install: async () =>
        await logThenDrop(
          'ip6tables-legacy',
          ['-t', 'raw', '-A', 'PREROUTING', '-i', 'dlwan0'],
          ['--log-prefix', 'raw6 ', ...fullFlags],
        ),
      shots: fromAttacker(machines, v6Type, toUs6, arriving(v6Type), rule('raw6 ', 'unknown', fullLog)),
    },
    {
      name: 'nft inet forward with flags all, IPv6',
      install: async () => await nft(nftChain('inet', 'forward', 'iif dlwan0', 'log prefix "fwd6 reject: " flags all')),
      shots: fromAttacker(
        machines,
        v6Type,
        movable(through6),
        { in: 'dlwan0', out: 'dllan0', link: decodedMac(macs.wan, macs.attacker, v6Type) },
        rule('fwd6 reject: ', 'deny', { ...decodedLog, hops: 1 }),
      ),
    },
    {
      name: 'iptables-nft OUTPUT with --log-uid, IPv4',
      install: async () =>
        void (await router.run(
          'iptables',
          '-A',
          'OUTPUT',
          '-o',
          'dlwan0',
          '-j',
          'LOG',
          '--log-prefix',
          'OUTPUT reject: ',
          ...fullFlags,
        )),
      shots: fromRouter('ipv4', movable(out4), rule('OUTPUT reject: ', 'deny', fullLog, { uid: 1000, gid: 100 })),
    },
    {
      name: 'nft output with skuid and a mark, IPv6',
      install: async () =>
        await nft(nftChain('ip6', 'output', 'oif dlwan0', 'meta mark set 0xdeadbeef log prefix "out6 " flags skuid', 'accept')),
      shots: fromRouter(
        'ipv6',
        movable(out6),
        rule('out6 ', 'unknown', { uid: true }, { uid: 65534, gid: 65534, mark: 0xdeadbeef }),
      ),
    },
  ];
}
