import {
  arriving,
  decoded,
  decodedLog,
  fromAttacker,
  fullFlags,
  type Group,
  nftChain,
  passing,
  type Shot,
  v4Type,
} from './groups.ts';
import { decodedMac, frame, macOf, macs, type Machines } from './machines.ts';
import { ipv4 } from './packet/ipv4.ts';
import type { NamedPacket } from './packet/ipv4-packets.ts';
import { expectation, type Path, type Rule } from './packet/logged.ts';
import type { Layer, LogOptions } from './packet/piece.ts';
import { tcp, udp } from './packet/transport.ts';

const syn = (from: string, to: string): Layer => ipv4({ from, to, payload: tcp({ from: 40001, to: 22 }), dontFragment: true });
const dns = (from: string, to: string): Layer => ipv4({ from, to, payload: udp({ from: 5353, to: 53, data: Buffer.alloc(12) }) });

/** Tables, hooks and devices: everything about a line that does not depend on the packet's shape. */
export function placeGroups(machines: Machines): Group[] {
  const { router, bridge } = machines;
  const from = '203.0.113.70';
  const to = '198.51.100.1';
  const pair = (target: string): NamedPacket[] => [
    { name: 'TCP', packet: syn(from, target) },
    { name: 'UDP', packet: dns(from, target) },
  ];
  const iptables = (
    tool: string,
    place: readonly string[],
    flags: readonly string[],
    rule: Rule,
    path: Path,
    target = to,
  ): Group => ({
    name: `${tool} ${place.join(' ')}${flags.length > 0 ? ` with ${flags.join(' ')}` : ''}`,
    install: async () => {
      if (rule.mark !== undefined)
        await router.run(tool, '-t', 'raw', '-A', 'PREROUTING', '-i', 'dlwan0', '-j', 'MARK', '--set-mark', String(rule.mark));
      await router.run(tool, ...place, '-i', 'dlwan0', '-j', 'LOG', '--log-prefix', rule.prefix, ...flags);
      await router.run(tool, ...place, '-i', 'dlwan0', '-j', 'DROP');
    },
    shots: fromAttacker(machines, v4Type, pair(target), path, rule),
  });
  const plain = (prefix: string, action: Rule['action'], log: LogOptions = {}): Rule => ({ prefix, action, log });
  const decode = '--log-macdecode';
  const groups: Group[] = [];
  for (const tool of ['iptables', 'iptables-legacy'])
    groups.push(
      iptables(tool, ['-A', 'INPUT'], [], plain('DROP INPUT: ', 'deny'), arriving(v4Type)),
      iptables(tool, ['-A', 'INPUT'], [decode], plain('INPUT ', 'unknown', { macDecode: true }), decoded(v4Type)),
      iptables(tool, ['-A', 'INPUT'], [], { ...plain('marked ', 'unknown'), mark: 1 }, arriving(v4Type)),
      iptables(
        tool,
        ['-t', 'mangle', '-A', 'PREROUTING'],
        ['--log-level', 'debug'],
        plain('mangle: ', 'unknown'),
        arriving(v4Type),
      ),
      iptables(tool, ['-A', 'FORWARD'], [], plain('FORWARD ', 'unknown', { hops: 1 }), passing(v4Type), '192.0.2.80'),
      iptables(
        tool,
        ['-t', 'mangle', '-A', 'FORWARD'],
        [decode, ...fullFlags],
        plain('fwd ', 'unknown', { ...decodedLog, hops: 1 }),
        { ...passing(v4Type), link: decodedMac(macs.wan, macs.attacker, v4Type) },
        '192.0.2.80',
      ),
    );
  const lo: Path = { in: 'lo', out: '', link: [macOf('00:00:00:00:00:00', '00:00:00:00:00:00', v4Type)] };
  const own = syn('198.51.100.70', '198.51.100.70');
  const fromTun = { name: 'TCP', packet: syn('203.0.113.71', '198.51.100.70') };
  const bridged = (path: Path, log: LogOptions, prefix: string, target: string): Shot[] =>
    pair(target).map(({ name, packet }) => ({
      name,
      send: async () => {
        const destination = target === to ? macs.bridge : macs.right;
        await machines.left.send({ via: 'frame', device: 'left0', hex: frame(destination, macs.left, v4Type, packet.bytes) });
      },
      expected: [expectation(packet, path, plain(prefix, 'unknown', log))],
    }));
  groups.push(
    {
      name: 'nft input on the loopback',
      install: async () => {
        await router.feed(
          'table ip corpus { chain i { type filter hook input priority 0; iif lo log prefix "lo in: " drop; }; chain o { type filter hook output priority 0; oif lo log prefix "lo out: "; }; }',
          'nft',
          '-f',
          '-',
        );
      },
      shots: [
        {
          name: 'TCP',
          send: async () => await machines.onRouter.send({ via: 'ipv4', hex: own.bytes.toString('hex') }),
          expected: [
            expectation(own, { in: '', out: 'lo', link: [] }, plain('lo out: ', 'unknown')),
            expectation(own, lo, plain('lo in: ', 'unknown')),
          ],
        },
      ],
    },
    {
      name: 'nft input on a tun device',
      install: async () => {
        await router.feed(nftChain('ip', 'input', 'iif dltun0', 'log prefix "tun: " flags ip options'), 'nft', '-f', '-');
      },
      shots: [
        {
          name: fromTun.name,
          send: async () =>
            await machines.onRouter.send({ via: 'tun', device: 'dltun0', hex: fromTun.packet.bytes.toString('hex') }),
          expected: [
            expectation(
              fromTun.packet,
              { in: 'dltun0', out: '', link: ['MAC='] },
              plain('tun: ', 'unknown', { ipOptions: true }),
            ),
          ],
        },
      ],
    },
    {
      name: 'iptables FORWARD over a bridge',
      install: async () => {
        await bridge.run('iptables-legacy', '-A', 'FORWARD', '-j', 'LOG', '--log-prefix', 'br ');
      },
      shots: bridged(
        { in: 'dlbr0', out: 'dlbr0', link: ['PHYSIN=dlport0', 'PHYSOUT=dlport1', macOf(macs.right, macs.left, v4Type)] },
        {},
        'br ',
        '198.51.100.80',
      ),
    },
    {
      name: 'nft inet input on a bridge',
      install: async () => {
        await bridge.feed(nftChain('inet', 'input', 'iif dlbr0', 'log prefix "br in " flags all'), 'nft', '-f', '-');
      },
      shots: bridged(
        { in: 'dlbr0', out: '', link: ['PHYSIN=dlport0', ...decodedMac(macs.bridge, macs.left, v4Type)] },
        decodedLog,
        'br in ',
        to,
      ),
    },
    {
      name: 'nft bridge family',
      install: async () => {
        await bridge.feed(nftChain('bridge', 'forward', 'iif dlport0', 'log prefix "bridge "'), 'nft', '-f', '-');
      },
      shots: bridged(
        { in: 'dlport0', out: 'dlport1', link: [macOf(macs.right, macs.left, v4Type)] },
        {},
        'bridge ',
        '198.51.100.80',
      ),
    },
    {
      name: 'nft netdev ingress',
      install: async () => {
        await router.feed(nftChain('netdev', 'ingress', '', 'log prefix "ingress "'), 'nft', '-f', '-');
      },
      shots: [...fromAttacker(machines, v4Type, pair(to), arriving(v4Type), plain('ingress ', 'unknown'))],
    },
  );
  return groups;
}
