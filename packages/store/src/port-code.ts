/** The protocols that are stored by name, by their numbers; 0 stands for what the line does not tell. */
const protocolNames: ReadonlyMap<number, string> = new Map([
  [0, ''],
  [1, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [58, 'ICMPv6'],
]);

/** What was asked for, from the hourly history's number for it: protocol number × 65536 + port, for ICMP and ICMPv6 + type. */
export function portOfCode(code: number): { proto: string; port: number } {
  return { proto: protocolNames.get(code >>> 16) ?? String(code >>> 16), port: code & 0xffff };
}
