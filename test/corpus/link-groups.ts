import type { RejectReason } from '@droplens/netfilter-log';
import { arriving, fromAttacker, type Group, nftChain, passing, sendToWan, type Shot, v4Type, v6Type, wanMac } from './groups.ts';
import { decodedMac, frame, macOf, macs, type Machines } from './machines.ts';
import { icmp } from './packet/icmp.ts';
import { ipv4, ipv4Bytes } from './packet/ipv4.ts';
import { ipv6 } from './packet/ipv6.ts';
import { type Expectation, expectation, type Rule } from './packet/logged.ts';
import type { Layer } from './packet/piece.ts';
import { tcp, udp } from './packet/transport.ts';

const from = '203.0.113.72';
const to = '198.51.100.1';
const syn = ipv4({ from, to, payload: tcp({ from: 40001, to: 22 }), dontFragment: true });
const plain = (prefix: string): Rule => ({ prefix, action: 'unknown', log: {} });

const refused = (line: string, reason: RejectReason): Expectation => ({ line, reason });

function arp(operation: number, short = false): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  const mac = Buffer.from(macs.attacker.replaceAll(':', ''), 'hex');
  const body = Buffer.concat([mac, ipv4Bytes('198.51.100.66'), Buffer.alloc(6), ipv4Bytes(to)]);
  return Buffer.concat([head, short ? body.subarray(0, 6) : body]);
}

/** Frames that are no IP packets, packets too short for addresses, VLAN tags: what only ingress and the other families see. */
function linkGroups(machines: Machines): Group[] {
  const { router, bridge } = machines;
  const send = (name: string, type: number, payload: Uint8Array, expected: Expectation, tag?: number): Shot => ({
    name,
    send: async () => await sendToWan(machines, type, payload, tag),
    expected: [expected],
  });
  const tagged = (packet: Layer, type: number, log: Rule['log']): Expectation =>
    expectation(
      packet,
      { in: 'dlwan0', out: '', link: log.macDecode ? decodedMac(macs.wan, macs.attacker, type, 5) : [wanMac(type)] },
      { prefix: 'ingress ', action: 'unknown', log },
    );
  const six = ipv6({ from: '2001:db8::72', to: '2001:db8:1::1', payload: udp({ from: 1, to: 2 }) });
  const arpText = `ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=${macs.attacker} IPSRC=198.51.100.66 MACDST=00:00:00:00:00:00 IPDST=${to}`;
  const ingress = async (log: string): Promise<void> => {
    await router.feed(nftChain('netdev', 'ingress', '', log), 'nft', '-f', '-');
  };
  const decoded = (type: number): string => decodedMac(macs.wan, macs.attacker, type).join(' ');
  return [
    {
      name: 'nft netdev ingress, what is not IP',
      install: async () => await ingress('log prefix "ingress "'),
      shots: [
        send('IPv6', v6Type, six.bytes, expectation(six, arriving(v6Type), plain('ingress '))),
        send('VLAN', v4Type, syn.bytes, tagged(syn, v4Type, {}), 5),
        send(
          'IPv4 header cut',
          v4Type,
          syn.bytes.subarray(0, 19),
          refused(`ingress IN=dlwan0 OUT= ${wanMac(v4Type)} TRUNCATED`, 'truncated-packet'),
        ),
        send(
          'IPv6 header cut',
          v6Type,
          six.bytes.subarray(0, 39),
          refused(`ingress IN=dlwan0 OUT= ${wanMac(v6Type)} TRUNCATED`, 'truncated-packet'),
        ),
        send('LLDP', 0x88cc, Buffer.alloc(30), refused(`ingress IN=dlwan0 OUT= ${wanMac(0x88cc)} `, 'non-ip')),
        send('ARP', 0x0806, arp(1), refused(`ingress IN=dlwan0 OUT= ${arpText}`, 'arp')),
      ],
    },
    {
      name: 'nft netdev ingress with flags all, what is not IP',
      install: async () => await ingress('log prefix "ingress " flags all'),
      shots: [
        send('VLAN', v4Type, syn.bytes, tagged(syn, v4Type, { tcpSequence: true, macDecode: true }), 5),
        send('VLAN, IPv6', v6Type, six.bytes, tagged(six, v6Type, { macDecode: true }), 5),
        send('LLDP', 0x88cc, Buffer.alloc(30), refused(`ingress IN=dlwan0 OUT= ${decoded(0x88cc)} `, 'non-ip')),
        send(
          'ARP',
          0x0806,
          arp(2),
          refused(`ingress IN=dlwan0 OUT= ${decoded(0x0806)} ${arpText.replace('OPCODE=1', 'OPCODE=2')}`, 'arp'),
        ),
      ],
    },
    {
      name: 'nft arp input',
      install: async () => {
        await router.feed(nftChain('arp', 'input', 'iif dlwan0', 'log prefix "arp "'), 'nft', '-f', '-');
      },
      shots: [send('request', 0x0806, arp(1), refused(`arp IN=dlwan0 OUT= ${arpText}`, 'arp'))],
    },
    {
      name: 'nft bridge family, ARP and IPv6',
      install: async () => {
        await bridge.feed(nftChain('bridge', 'forward', 'iif dlport0', 'log prefix "bridge "'), 'nft', '-f', '-');
      },
      shots: [
        {
          name: 'ARP',
          send: async () =>
            await machines.left.send({ via: 'frame', device: 'left0', hex: frame(macs.right, macs.left, 0x0806, arp(1)) }),
          expected: [refused(`bridge IN=dlport0 OUT=dlport1 ${arpText}`, 'arp')],
        },
        {
          name: 'IPv6',
          send: async () =>
            await machines.left.send({ via: 'frame', device: 'left0', hex: frame(macs.right, macs.left, v6Type, six.bytes) }),
          expected: [
            expectation(six, { in: 'dlport0', out: 'dlport1', link: [macOf(macs.right, macs.left, v6Type)] }, plain('bridge ')),
          ],
        },
      ],
    },
    {
      name: 'ebtables --log',
      install: async () => {
        await bridge.run('ebtables', '-A', 'FORWARD', '--log-prefix', 'ebt:', '--log-ip', '--log-arp', '--log', '-j', 'DROP');
      },
      shots: [
        {
          name: 'TCP',
          send: async () =>
            await machines.left.send({ via: 'frame', device: 'left0', hex: frame(macs.right, macs.left, v4Type, syn.bytes) }),
          expected: [
            refused(
              `ebt: IN=dlport0 OUT=dlport1 MAC source = ${macs.left} MAC dest = ${macs.right} proto = 0x0800 IP SRC=${from} IP DST=${to}, IP tos=0x00, IP proto=6 SPT=40001 DPT=22`,
              'ebtables',
            ),
          ],
        },
      ],
    },
  ];
}

/** Messages of the kernel about packets that are not the verdict of a logging rule, or not records at all. */
function messageGroups(machines: Machines): Group[] {
  const { router } = machines;
  const table = { tcpSequence: true, tcpOptions: true, ipOptions: true, uid: true };
  const bad = ipv4({ from, to, payload: icmp({ type: 8, id: 1, sequence: 1, badChecksum: true }) });
  const odd = ipv4({ from, to, payload: tcp({ from: 40001, to: 22, flags: ['SYN', 'FIN'] }) });
  return [
    {
      name: 'iptables-legacy TRACE',
      install: async () => {
        await router.sysctl('net.netfilter.nf_log.2=nf_log_ipv4');
        await router.run('iptables-legacy', '-t', 'raw', '-A', 'PREROUTING', '-i', 'dlwan0', '-j', 'TRACE');
        await router.run('iptables-legacy', '-A', 'INPUT', '-i', 'dlwan0', '-j', 'DROP');
      },
      shots: [
        {
          name: 'TCP',
          send: async () => await sendToWan(machines, v4Type, syn.bytes),
          expected: ['raw:PREROUTING:policy:2', 'mangle:PREROUTING:policy:1', 'mangle:INPUT:policy:1', 'filter:INPUT:rule:1'].map(
            (place) => expectation(syn, arriving(v4Type), { prefix: `TRACE: ${place} `, action: 'audit', log: table }),
          ),
        },
      ],
    },
    {
      name: 'conntrack, invalid packets',
      install: async () => {
        await router.sysctl('net.netfilter.nf_log.2=nf_log_ipv4', 'net.netfilter.nf_conntrack_log_invalid=255');
        await router.feed(nftChain('ip', 'input', 'iif dlwan0', 'ct state new'), 'nft', '-f', '-');
      },
      shots: [
        {
          name: 'ICMP, bad checksum',
          send: async () => await sendToWan(machines, v4Type, bad.bytes),
          expected: [
            expectation(bad, arriving(v4Type), { prefix: 'nf_ct_proto_1: bad hw icmp checksum ', action: 'audit', log: table }),
          ],
        },
        {
          name: 'TCP, bad checksum',
          send: async () => await sendToWan(machines, v4Type, odd.bytes),
          expected: [expectation(odd, arriving(v4Type), { prefix: 'nf_ct_proto_6: bad checksum ', action: 'audit', log: table })],
        },
      ],
    },
    {
      name: 'martians',
      install: async () => await router.sysctl('net.ipv4.conf.all.log_martians=1', 'net.ipv4.conf.dlwan0.log_martians=1'),
      shots: [
        {
          name: 'a loopback source from outside',
          send: async () =>
            await sendToWan(machines, v4Type, ipv4({ from: '127.0.0.1', to, payload: tcp({ from: 1, to: 2 }) }).bytes),
          expected: [
            refused(`IPv4: martian source ${to} from 127.0.0.1, on dev dlwan0`, 'not-a-packet'),
            refused('ll header: 00000000: 02 64 6c 00 00 01 02 64 6c 00 00 02 08 00', 'not-a-packet'),
          ],
        },
      ],
    },
  ];
}

/** Other link layers and hooks, and other writers in the kernel. */
export function linkAndMessageGroups(machines: Machines): Group[] {
  return [
    {
      name: 'nft postrouting of a forwarded packet',
      install: async () => {
        await machines.router.feed(nftChain('ip', 'postrouting', 'oif dllan0', 'log prefix "post "'), 'nft', '-f', '-');
      },
      shots: fromAttacker(
        machines,
        v4Type,
        [{ name: 'TCP', packet: ipv4({ from, to: '192.0.2.80', payload: tcp({ from: 40001, to: 22 }) }) }],
        passing(v4Type),
        { ...plain('post '), log: { hops: 1 } },
      ),
    },
    ...linkGroups(machines),
    ...messageGroups(machines),
  ];
}
