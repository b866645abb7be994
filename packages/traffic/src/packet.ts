import type { OwnHost } from './own-hosts.ts';

/** TCP flags as on the wire. */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/** What the kernel prints of an IPv4 header. */
export interface Ipv4Header {
  readonly version: 4;
  readonly src: string;
  readonly dst: string;
  readonly length: number;
  readonly tos: number;
  readonly ttl: number;
  readonly id: number;
  readonly df: boolean;
}

/** What the kernel prints of an IPv6 header; addresses in full, never shortened. */
export interface Ipv6Header {
  readonly version: 6;
  readonly src: string;
  readonly dst: string;
  readonly length: number;
  readonly tc: number;
  readonly hopLimit: number;
  readonly flow: number;
}

export type IpHeader = Ipv4Header | Ipv6Header;

export interface TcpBody {
  readonly kind: 'tcp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly window: number;
  readonly flags: number;
}

export interface UdpBody {
  readonly kind: 'udp';
  readonly srcPort: number;
  readonly dstPort: number;
  /** Header and data. */
  readonly length: number;
}

/** ICMP or ICMPv6, by the version of the header before it. */
export interface IcmpBody {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number;
  /** Echo only. */
  readonly echo?: { readonly id: number; readonly sequence: number };
  /** The packet that an error speaks about. */
  readonly quoted?: { readonly ip: IpHeader; readonly body: Body };
  readonly mtu?: number;
}

/** A protocol that the kernel prints as a number only. */
export interface OtherBody {
  readonly kind: 'other';
  readonly protocol: number;
}

/** A quoted TCP header of which only the first eight bytes came back. */
export interface ShortTcpBody {
  readonly kind: 'tcp-short';
}

export type Body = TcpBody | UdpBody | IcmpBody | OtherBody | ShortTcpBody;

/** One packet at one of our hosts. */
export interface Packet {
  readonly host: OwnHost;
  readonly direction: 'in' | 'out';
  /** Link destination and source of an incoming packet; the host's own and its gateway's when absent. */
  readonly mac?: string;
  readonly ip: IpHeader;
  readonly body: Body;
  /** Whose socket sent it: outgoing packets only. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}
