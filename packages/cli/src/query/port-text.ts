/** A port as tables show it: `23`, `443u` for UDP, `icmp`, `proto 47`. */
export function shortPort(proto: string, port: number): string {
  if (proto === 'TCP') return String(port);
  if (proto === 'UDP') return `${port}u`;
  return portless(proto, port);
}

/** A port with its protocol: `23/tcp`, `icmp`, `proto 47`. */
export function portText(proto: string, port: number): string {
  if (proto === 'TCP' || proto === 'UDP') return `${port}/${proto.toLowerCase()}`;
  return portless(proto, port);
}

function portless(proto: string, port: number): string {
  const name = proto === '' ? 'fragment' : /^\d+$/.test(proto) ? (names[proto] ?? `proto ${proto}`) : proto.toLowerCase();
  return port === 0 ? name : `${port}/${name}`;
}

const names: Readonly<Record<string, string>> = {
  '2': 'igmp',
  '47': 'gre',
  '50': 'esp',
  '51': 'ah',
  '132': 'sctp',
  '136': 'udplite',
};

/** What a packet asked for: a port, or an ICMP type and code. */
export function wantedPort(packet: {
  readonly proto: string;
  readonly dst_port: number;
  readonly icmp_type: number;
  readonly icmp_code: number;
}): string {
  const { proto, dst_port: port, icmp_type: type, icmp_code: code } = packet;
  return proto === 'ICMP' || proto === 'ICMPv6' ? `${proto.toLowerCase()} ${type}/${code}` : portText(proto, port);
}
