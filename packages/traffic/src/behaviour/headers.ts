import type { OwnHost } from '../own-hosts.ts';
import { tcpFlags, type IpHeader, type Packet, type TcpBody } from '../packet.ts';
import type { Random } from '../random.ts';

/** What a sender's stack puts into every packet: by this a reader tells tools and systems apart. */
export interface Stack {
  readonly ttl: number;
  readonly df: boolean;
  readonly window: number;
  /** Length of its SYN: header and options. */
  readonly synLength: number;
  /** Identification of every packet; random per packet when null. */
  readonly id: number | null;
}

/** A plausible number of routers away. */
export function hops(random: Random): number {
  return random.between(6, 24);
}

/** Linux, as most servers and most infected devices. */
export function linuxStack(random: Random): Stack {
  const window = random.pick([5840, 14600, 29200, 64240, 65535]);
  return { ttl: 64 - hops(random), df: true, window, synLength: 60, id: null };
}

/** Windows, as desktops and worms that come through SMB and RDP. */
export function windowsStack(random: Random): Stack {
  return { ttl: 128 - hops(random), df: true, window: random.pick([8192, 64240, 65535]), synLength: 52, id: null };
}

/** A scanner that makes its own packets: no options, high TTL. */
export function rawStack(random: Random): Stack {
  return { ttl: 255 - hops(random), df: false, window: random.pick([1024, 1200, 14600, 65535]), synLength: 40, id: null };
}

/** nmap's SYN scan: one option, a window of 1024. */
export function nmapStack(random: Random): Stack {
  return { ttl: random.between(37, 59) - hops(random), df: false, window: 1024, synLength: 44, id: null };
}

/** An IPv4 header of this stack. */
export function ipv4(random: Random, stack: Stack, src: string, dst: string, length: number): IpHeader {
  const id = stack.id ?? random.below(65536);
  return { version: 4, src, dst, length, tos: 0, ttl: stack.ttl, id, df: stack.df };
}

/** An IPv6 header; `length` counts the 40 bytes of the header itself, as the kernel does. */
export function ipv6(random: Random, hopLimit: number, src: string, dst: string, length: number): IpHeader {
  return { version: 6, src, dst, length, tc: 0, hopLimit, flow: random.chance(0.5) ? 0 : random.below(1_048_576) };
}

/** A port that clients get for their end. */
export function ephemeralPort(random: Random): number {
  return random.between(32768, 60999);
}

/** A SYN of this stack to one of our hosts. */
export function syn(random: Random, stack: Stack, src: string, host: OwnHost, srcPort: number, dstPort: number): Packet {
  const body: TcpBody = { kind: 'tcp', srcPort, dstPort, window: stack.window, flags: tcpFlags.syn };
  return { host, direction: 'in', ip: ipv4(random, stack, src, host.ipv4, stack.synLength), body };
}

/** A UDP datagram with `data` bytes to one of our hosts. */
export function datagram(
  random: Random,
  stack: Stack,
  src: string,
  host: OwnHost,
  ports: readonly [from: number, to: number],
  data: number,
): Packet {
  const body = { kind: 'udp', srcPort: ports[0], dstPort: ports[1], length: data + 8 } as const;
  return { host, direction: 'in', ip: ipv4(random, stack, src, host.ipv4, data + 28), body };
}
