import { icmpv6 } from './icmp.ts';
import type { NamedPacket } from './ipv4-packets.ts';
import { authentication, encapsulation, extension, fragment, ipv6, nothing, padding, type Ipv6Fields } from './ipv6.ts';
import type { Layer } from './piece.ts';
import { middle, other, tcp, udp } from './transport.ts';

/** A routing header of a type nobody knows, with no segments left: every hop must leave it alone. */
const routing = (next: Layer): Layer => extension(43, Buffer.from([253, 0, 0, 0, 0, 0]), next);
const hopByHop = (next: Layer): Layer => extension(0, padding(6), next);
const destination = (next: Layer): Layer => extension(60, padding(14), next);

/** IPv6 packets of every shape that the logger tells apart. Addresses are given as a record shows them. */
export function ipv6Packets(from: string, to: string): NamedPacket[] {
  const packet = (payload: Layer, fields: Partial<Ipv6Fields> = {}): Layer => ipv6({ from, to, payload, ...fields });
  const ours = (payload: Layer, cut: number): Layer => ipv6({ from: to, to: from, hopLimit: 52, payload, cut, quoted: true });
  const syn = tcp({ from: 40001, to: 22 });
  const query = udp({ from: 5353, to: 53, data: Buffer.alloc(20) });
  const probe = tcp({ from: 44321, to: 443, sequence: 9, options: Buffer.from('020405a001010101', 'hex') });
  return [
    { name: 'TCP SYN', packet: packet(syn) },
    { name: 'TCP SYN with options', packet: packet(probe, { trafficClass: 255, flowLabel: 1048575, hopLimit: 255 }) },
    {
      name: 'TCP PSH ACK',
      packet: packet(tcp({ from: 443, to: 50000, flags: ['PSH', 'ACK'], data: Buffer.alloc(33) }), { flowLabel: 7 }),
    },
    { name: 'TCP header cut', packet: packet(syn, { cut: 12 }) },
    { name: 'UDP', packet: packet(query, { trafficClass: 2 }) },
    { name: 'UDP header cut', packet: packet(query, { cut: 5 }) },
    { name: 'UDP-Lite', packet: packet(udp({ from: 1, to: 2, lite: true })) },
    { name: 'SCTP', packet: packet(other(132, Buffer.alloc(12))) },
    { name: 'GRE', packet: packet(other(47)) },
    { name: 'OSPF', packet: packet(other(89), { hopLimit: 1 }), stays: true },
    { name: 'no next header', packet: packet(nothing) },
    { name: 'hop-by-hop options', packet: packet(hopByHop(syn)) },
    { name: 'routing header', packet: packet(routing(syn)) },
    { name: 'destination options', packet: packet(destination(query)) },
    { name: 'three extension headers', packet: packet(hopByHop(destination(routing(syn)))) },
    { name: 'options and then nothing', packet: packet(hopByHop(nothing)) },
    { name: 'first fragment', packet: packet(fragment({ id: 0xabc, offset: 0, more: true }, query)) },
    { name: 'middle fragment', packet: packet(fragment({ id: 0xabc, offset: 1448, more: true }, middle(17))) },
    { name: 'last fragment', packet: packet(fragment({ id: 0xffffffff, offset: 65528, more: false }, middle(6))) },
    { name: 'atomic fragment', packet: packet(fragment({ id: 1, offset: 0, more: false }, syn)) },
    { name: 'last fragment of ICMPv6', packet: packet(fragment({ id: 2, offset: 8, more: false }, middle(58))) },
    { name: 'options before a fragment', packet: packet(hopByHop(fragment({ id: 3, offset: 0, more: true }, syn))) },
    { name: 'AH before TCP', packet: packet(authentication(0x1f, syn)) },
    { name: 'ESP', packet: packet(encapsulation(0xbeef)) },
    { name: 'options before ESP', packet: packet(destination(encapsulation(0xbeef))) },
    { name: 'destination options cut', packet: packet(destination(query), { cut: 1 }) },
    { name: 'fragment header cut', packet: packet(fragment({ id: 4, offset: 0, more: true }, query), { cut: 4 }) },
    { name: 'AH cut', packet: packet(authentication(0x1f, nothing), { cut: 8 }) },
    { name: 'ESP cut', packet: packet(encapsulation(0xbeef), { cut: 7 }) },
    { name: 'hop-by-hop options before a cut header', packet: packet(hopByHop(syn), { cut: 20 }) },
    { name: 'echo request', packet: packet(icmpv6({ type: 128, id: 2122, sequence: 1 })) },
    { name: 'echo reply', packet: packet(icmpv6({ type: 129, id: 65535, sequence: 65535 })) },
    { name: 'listener query', packet: packet(icmpv6({ type: 130, data: Buffer.alloc(16) })), stays: true },
    { name: 'listener report', packet: packet(icmpv6({ type: 131, data: Buffer.alloc(16) })), stays: true },
    { name: 'router solicitation', packet: packet(icmpv6({ type: 133 })), stays: true },
    {
      name: 'neighbour solicitation',
      packet: packet(icmpv6({ type: 135, data: Buffer.alloc(16) }), { hopLimit: 255 }),
      stays: true,
    },
    { name: 'redirect', packet: packet(icmpv6({ type: 137, data: Buffer.alloc(32) })), stays: true },
    { name: 'unknown ICMPv6 type', packet: packet(icmpv6({ type: 255, code: 255 })) },
    { name: 'ICMPv6 header cut', packet: packet(icmpv6({ type: 128 }), { cut: 3 }) },
    { name: 'no route about UDP', packet: packet(icmpv6({ type: 1, quote: ours(query, 28) })) },
    { name: 'port unreachable about TCP', packet: packet(icmpv6({ type: 1, code: 4, quote: ours(probe, 28) })) },
    { name: 'unreachable about TCP cut', packet: packet(icmpv6({ type: 1, code: 3, quote: ours(probe, 8) })) },
    { name: 'packet too big', packet: packet(icmpv6({ type: 2, mtu: 1280, quote: ours(query, 28) })) },
    { name: 'packet too big, MTU of 32 bits', packet: packet(icmpv6({ type: 2, mtu: 4294967295, quote: ours(probe, 28) })) },
    { name: 'time exceeded', packet: packet(icmpv6({ type: 3, quote: ours(query, 28) })) },
    {
      name: 'time exceeded about an echo',
      packet: packet(icmpv6({ type: 3, quote: ours(icmpv6({ type: 128, id: 5, sequence: 6 }), 8) })),
    },
    { name: 'parameter problem', packet: packet(icmpv6({ type: 4, code: 1, pointer: 0x28, quote: ours(query, 28) })) },
    { name: 'unreachable about ESP', packet: packet(icmpv6({ type: 1, quote: ours(encapsulation(0xbeef), 24) })) },
    { name: 'unreachable about options', packet: packet(icmpv6({ type: 1, quote: ours(destination(syn), 36) })) },
    {
      name: 'time exceeded about an error',
      packet: packet(icmpv6({ type: 3, quote: ours(icmpv6({ type: 2, mtu: 1400, quote: ours(query, 28) }), 76) })),
    },
  ];
}
