import { icmp } from './icmp.ts';
import { ipv4, type Ipv4Fields } from './ipv4.ts';
import type { Layer } from './piece.ts';
import { ah, esp, middle, other, tcp, udp } from './transport.ts';

/** A packet with the name its expected record carries. */
export interface NamedPacket {
  readonly name: string;
  readonly packet: Layer;
  /** It cannot be forwarded as it is: a hop would answer it, drop it or rewrite its options. */
  readonly stays?: boolean;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const synOptions = bytes('020405b40402080a0a1b2c3d0000000001030307');

/** IPv4 packets of every shape that the logger tells apart. */
export function ipv4Packets(from: string, to: string): NamedPacket[] {
  const packet = (payload: Layer, fields: Partial<Ipv4Fields> = {}): Layer => ipv4({ from, to, payload, ...fields });
  /** What an ICMP error about a packet of ours would quote. */
  const ours = (payload: Layer, cut: number, fields: Partial<Ipv4Fields> = {}): Layer =>
    ipv4({ from: to, to: from, ttl: 52, payload, cut, quoted: true, ...fields });
  const probe = tcp({ from: 44321, to: 443, sequence: 0x11223344, options: synOptions });
  const query = udp({ from: 5353, to: 53, data: Buffer.alloc(20) });
  return [
    { name: 'TCP SYN', packet: packet(tcp({ from: 40001, to: 22 }), { dontFragment: true, ttl: 53 }) },
    { name: 'TCP SYN with options', packet: packet(tcp({ from: 40002, to: 3389, sequence: 4294967295, options: synOptions })) },
    { name: 'TCP SYN ACK', packet: packet(tcp({ from: 443, to: 40003, flags: ['SYN', 'ACK'], acknowledgement: 1 })) },
    { name: 'TCP ACK', packet: packet(tcp({ from: 443, to: 40004, flags: ['ACK'], sequence: 7, acknowledgement: 4294967295 })) },
    { name: 'TCP RST', packet: packet(tcp({ from: 80, to: 40005, flags: ['RST'], window: 0 })) },
    { name: 'ID 0', packet: packet(tcp({ from: 40032, to: 80 }), { id: 0 }), stays: true },
    { name: 'TCP RST ACK', packet: packet(tcp({ from: 80, to: 40006, flags: ['RST', 'ACK'], window: 0 })) },
    { name: 'TCP FIN ACK', packet: packet(tcp({ from: 80, to: 40007, flags: ['FIN', 'ACK'], window: 65535 })) },
    {
      name: 'TCP PSH ACK with data',
      packet: packet(tcp({ from: 80, to: 40008, flags: ['PSH', 'ACK'], data: Buffer.alloc(999) })),
    },
    { name: 'TCP without flags', packet: packet(tcp({ from: 0, to: 1, flags: [], window: 1 })) },
    { name: 'TCP FIN', packet: packet(tcp({ from: 65535, to: 65535, flags: ['FIN'] }), { ttl: 255, id: 65535 }) },
    { name: 'TCP FIN PSH URG', packet: packet(tcp({ from: 40009, to: 23, flags: ['FIN', 'PSH', 'URG'], urgent: 65535 })) },
    {
      name: 'TCP with every flag',
      packet: packet(tcp({ from: 40010, to: 23, flags: ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] })),
    },
    { name: 'TCP SYN asking for ECN', packet: packet(tcp({ from: 40011, to: 80, flags: ['SYN', 'ECE', 'CWR'] }), { tos: 0x02 }) },
    { name: 'TCP with reserved bits', packet: packet(tcp({ from: 40012, to: 80, reserved: 0xe })) },
    { name: 'TCP with the AE bit', packet: packet(tcp({ from: 40013, to: 80, reserved: 0x1, flags: ['SYN', 'ECE', 'CWR'] })) },
    { name: 'TCP with options cut', packet: packet(tcp({ from: 40014, to: 80, options: synOptions }), { cut: 32 }) },
    { name: 'TCP header cut to 8 bytes', packet: packet(tcp({ from: 40015, to: 80 }), { cut: 8 }) },
    { name: 'TCP header cut to 19 bytes', packet: packet(tcp({ from: 40016, to: 80 }), { cut: 19 }) },
    { name: 'TCP with nothing', packet: packet(tcp({ from: 40017, to: 80 }), { cut: 0 }) },
    { name: 'TOS of every bit', packet: packet(tcp({ from: 40018, to: 80 }), { tos: 0xff, ttl: 128 }) },
    { name: 'TOS low delay', packet: packet(tcp({ from: 40019, to: 22 }), { tos: 0x10 }) },
    { name: 'DSCP CS6', packet: packet(tcp({ from: 40020, to: 179 }), { tos: 0xc0 }) },
    { name: 'reserved bit', packet: packet(tcp({ from: 40021, to: 80 }), { reserved: true, dontFragment: true }) },
    { name: 'TTL 1', packet: packet(tcp({ from: 40022, to: 80 }), { ttl: 1 }), stays: true },
    { name: 'first fragment', packet: packet(udp({ from: 40023, to: 53, data: Buffer.alloc(24) }), { moreFragments: true }) },
    { name: 'middle fragment', packet: packet(middle(17, Buffer.alloc(16)), { moreFragments: true, fragment: 185 }) },
    { name: 'last fragment of TCP', packet: packet(middle(6, Buffer.alloc(16)), { fragment: 8190 }) },
    { name: 'last fragment of UDP', packet: packet(middle(17, Buffer.alloc(7)), { fragment: 1 }) },
    { name: 'last fragment of ICMP', packet: packet(middle(1, Buffer.alloc(8)), { fragment: 185 }) },
    { name: 'last fragment of AH', packet: packet(ah(0x1000), { fragment: 185 }) },
    { name: 'last fragment of ESP', packet: packet(esp(0x1000), { fragment: 185 }) },
    {
      name: 'all fragment bits',
      packet: packet(other(47), { reserved: true, dontFragment: true, moreFragments: true, fragment: 3 }),
    },
    { name: 'options no-operation', packet: packet(tcp({ from: 40024, to: 80 }), { options: bytes('01010100') }), stays: true },
    { name: 'options router alert', packet: packet(other(2), { options: bytes('94040000') }), stays: true },
    { name: 'options of 40 bytes', packet: packet(udp({ from: 1, to: 2 }), { options: Buffer.alloc(40, 1) }), stays: true },
    { name: 'UDP', packet: packet(udp({ from: 40025, to: 161, data: Buffer.alloc(41) })) },
    { name: 'UDP without data', packet: packet(udp({ from: 40026, to: 1 })) },
    { name: 'UDP that lies about its length', packet: packet(udp({ from: 40027, to: 1900, length: 65535 })) },
    { name: 'UDP header cut to 4 bytes', packet: packet(udp({ from: 40028, to: 53 }), { cut: 4 }) },
    { name: 'UDP-Lite', packet: packet(udp({ from: 40029, to: 5004, length: 8, lite: true })) },
    { name: 'UDP-Lite header cut', packet: packet(udp({ from: 40030, to: 5004, lite: true }), { cut: 7 }) },
    { name: 'IGMP', packet: packet(other(2), { ttl: 1 }), stays: true },
    { name: 'GRE', packet: packet(other(47)) },
    { name: 'SCTP', packet: packet(other(132, Buffer.alloc(12))) },
    { name: 'IP in IP', packet: packet(other(4, Buffer.alloc(20))) },
    { name: 'IPv6 in IPv4', packet: packet(other(41, Buffer.alloc(40))) },
    { name: 'protocol 0', packet: packet(other(0)) },
    { name: 'protocol 255', packet: packet(other(255)) },
    { name: 'AH', packet: packet(ah(0xdeadbeef)) },
    { name: 'AH with a small SPI', packet: packet(ah(1)) },
    { name: 'AH cut', packet: packet(ah(1, 11)) },
    { name: 'ESP', packet: packet(esp(0xcafe)) },
    { name: 'ESP cut', packet: packet(esp(1, 7)) },
    { name: 'echo request', packet: packet(icmp({ type: 8, id: 2122, sequence: 1 }), { id: 60026 }) },
    { name: 'echo reply', packet: packet(icmp({ type: 0, id: 65535, sequence: 65535 })) },
    { name: 'timestamp request', packet: packet(icmp({ type: 13, data: Buffer.alloc(12) })) },
    { name: 'timestamp request cut', packet: packet(icmp({ type: 13 })) },
    { name: 'address mask request', packet: packet(icmp({ type: 17, data: Buffer.alloc(4) })) },
    { name: 'router advertisement', packet: packet(icmp({ type: 9 })) },
    { name: 'unknown ICMP type', packet: packet(icmp({ type: 255, code: 255 })) },
    { name: 'ICMP header cut', packet: packet(icmp({ type: 8 }), { cut: 4 }) },
    { name: 'ICMP with nothing', packet: packet(icmp({ type: 8 }), { cut: 0 }) },
    { name: 'port unreachable about UDP', packet: packet(icmp({ type: 3, code: 3, quote: ours(query, 8) })) },
    { name: 'port unreachable about a whole UDP packet', packet: packet(icmp({ type: 3, code: 3, quote: ours(query, 28) })) },
    { name: 'host unreachable about TCP, 8 bytes', packet: packet(icmp({ type: 3, code: 1, quote: ours(probe, 8) })) },
    { name: 'host prohibited about TCP, whole header', packet: packet(icmp({ type: 3, code: 10, quote: ours(probe, 40) })) },
    { name: 'unreachable about TCP with options cut', packet: packet(icmp({ type: 3, code: 1, quote: ours(probe, 24) })) },
    {
      name: 'fragmentation needed',
      packet: packet(icmp({ type: 3, code: 4, mtu: 1492, quote: ours(probe, 8, { dontFragment: true }) }), { tos: 0xc0 }),
    },
    { name: 'fragmentation needed, MTU 0', packet: packet(icmp({ type: 3, code: 4, quote: ours(query, 8) })) },
    { name: 'unreachable, quote missing', packet: packet(icmp({ type: 3, code: 1, data: Buffer.alloc(19) })) },
    { name: 'source quench', packet: packet(icmp({ type: 4, quote: ours(query, 8) })) },
    { name: 'redirect', packet: packet(icmp({ type: 5, code: 1, gateway: '198.51.100.254', quote: ours(probe, 20) })) },
    { name: 'time exceeded', packet: packet(icmp({ type: 11, quote: ours(query, 8, { ttl: 1 }) })) },
    {
      name: 'time exceeded about a fragment',
      packet: packet(icmp({ type: 11, code: 1, quote: ours(middle(17), 8, { fragment: 10, moreFragments: true }) })),
    },
    { name: 'parameter problem', packet: packet(icmp({ type: 12, pointer: 20, quote: ours(query, 8) })) },
    {
      name: 'time exceeded about an echo',
      packet: packet(icmp({ type: 11, quote: ours(icmp({ type: 8, id: 77, sequence: 3 }), 8) })),
    },
    {
      name: 'time exceeded about an error',
      packet: packet(icmp({ type: 11, quote: ours(icmp({ type: 3, code: 4, mtu: 1400, quote: ours(query, 8) }), 36) })),
    },
    {
      name: 'unreachable about an error cut',
      packet: packet(icmp({ type: 3, quote: ours(icmp({ type: 3, quote: ours(query, 8) }), 8) })),
    },
    { name: 'unreachable about GRE', packet: packet(icmp({ type: 3, code: 2, quote: ours(other(47), 8) })) },
    { name: 'unreachable about ESP', packet: packet(icmp({ type: 3, code: 2, quote: ours(esp(0xabc), 8) })) },
    { name: 'unreachable about AH', packet: packet(icmp({ type: 3, code: 2, quote: ours(ah(0xabc), 8) })) },
    {
      name: 'unreachable about a packet with options',
      packet: packet(
        icmp({ type: 3, code: 3, quote: ours(query, 8, { options: bytes('01010100'), tos: 0x1e, reserved: true }) }),
      ),
    },
    { name: 'the longest packet', packet: packet(udp({ from: 40033, to: 7, data: Buffer.alloc(65507) })), stays: true },
    { name: 'an odd length', packet: packet(udp({ from: 40031, to: 7, data: Buffer.alloc(1463, 0x5b) })) },
  ];
}
