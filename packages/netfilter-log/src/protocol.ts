/** The text of `proto` for a protocol number (-1: unknown): a name for four, the number for the others; ICMP within IPv6 and the reverse are mere numbers. */
export function protocolName(proto: number, family: number): string {
  if (proto === 6) return 'TCP';
  if (proto === 17) return 'UDP';
  if (proto === 1 && family === 4) return 'ICMP';
  if (proto === 58 && family === 6) return 'ICMPv6';
  return proto < 0 ? '' : String(proto);
}

/** How the kernel prints a `proto` that it names. */
export function kernelProtocol(proto: string): string {
  if (proto === '136') return 'UDPLITE';
  if (proto === '50') return 'ESP';
  if (proto === '51') return 'AH';
  return proto;
}

/** Protocols whose ports the kernel prints; ulogd prints SCTP's, too. */
export function hasPorts(proto: string): boolean {
  return proto === 'TCP' || proto === 'UDP' || proto === '136';
}
