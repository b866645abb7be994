import type { Body, IcmpBody, IpHeader, Packet } from './packet.ts';

const flagNames = ['', 'FIN ', 'SYN ', 'SYN FIN '];

/** Flag names in the kernel's order, a space after each: CWR ECE URG ACK PSH RST SYN FIN. */
function flagText(flags: number): string {
  let text = '';
  if (flags & 128) text += 'CWR ';
  if (flags & 64) text += 'ECE ';
  if (flags & 32) text += 'URG ';
  if (flags & 16) text += 'ACK ';
  if (flags & 8) text += 'PSH ';
  if (flags & 4) text += 'RST ';
  return text + flagNames[flags & 3]!;
}

/** `0x` and two digits, upper case: TOS and PREC. */
function octet(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;
}

function ipText(ip: IpHeader): string {
  if (ip.version === 6) {
    return `SRC=${ip.src} DST=${ip.dst} LEN=${ip.length} TC=${ip.tc} HOPLIMIT=${ip.hopLimit} FLOWLBL=${ip.flow} `;
  }
  // the kernel prints precedence and type of service of one octet apart and drops the lowest bit
  const service = `TOS=${octet(ip.tos & 0x1e)} PREC=${octet(ip.tos & 0xe0)}`;
  return `SRC=${ip.src} DST=${ip.dst} LEN=${ip.length} ${service} TTL=${ip.ttl} ID=${ip.id} ${ip.df ? 'DF ' : ''}`;
}

function icmpText(version: 4 | 6, body: IcmpBody): string {
  let text = `PROTO=${version === 4 ? 'ICMP' : 'ICMPv6'} TYPE=${body.type} CODE=${body.code} `;
  if (body.echo !== undefined) text += `ID=${body.echo.id} SEQ=${body.echo.sequence} `;
  if (body.quoted !== undefined) text += `[${ipText(body.quoted.ip)}${bodyText(body.quoted.ip.version, body.quoted.body)}] `;
  if (body.mtu !== undefined) text += `MTU=${body.mtu} `;
  return text;
}

function bodyText(version: 4 | 6, body: Body): string {
  if (body.kind === 'tcp') {
    const ports = `PROTO=TCP SPT=${body.srcPort} DPT=${body.dstPort}`;
    return `${ports} WINDOW=${body.window} RES=0x00 ${flagText(body.flags)}URGP=0 `;
  }
  if (body.kind === 'udp') return `PROTO=UDP SPT=${body.srcPort} DPT=${body.dstPort} LEN=${body.length} `;
  if (body.kind === 'icmp') return icmpText(version, body);
  return body.kind === 'tcp-short' ? 'PROTO=TCP INCOMPLETE [8 bytes] ' : `PROTO=${body.protocol} `;
}

/**
 * The text that the kernel's LOG target (and nftables' `log`) prints for a packet, after the given prefix: fields in the order of
 * net/netfilter/nf_log_syslog.c, a space after each, so the line ends in a space. The link section is there only with an input device.
 */
export function kernelLine(prefix: string, packet: Packet): string {
  const { host, ip } = packet;
  let link: string;
  if (packet.direction === 'in') {
    const mac = packet.mac ?? `${host.mac}:${host.gatewayMac}`;
    link = `IN=${host.device} OUT= MAC=${mac}:${ip.version === 4 ? '08:00' : '86:dd'} `;
  } else {
    link = `IN= OUT=${host.device} `;
  }
  const owner = packet.owner === undefined ? '' : `UID=${packet.owner.uid} GID=${packet.owner.gid} `;
  return `${prefix}${link}${ipText(ip)}${bodyText(ip.version, packet.body)}${owner}`;
}
