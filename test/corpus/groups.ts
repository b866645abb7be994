import { decodedMac, frame, macOf, macs, type Machines } from './machines.ts';
import type { NamedPacket } from './packet/ipv4-packets.ts';
import { type Expectation, expectation, type Path, type Rule } from './packet/logged.ts';
import type { LogOptions } from './packet/piece.ts';

/** One packet to send and what the kernel must print for it. */
export interface Shot {
  readonly name: string;
  send(): Promise<void>;
  readonly expected: readonly Expectation[];
}

/** Rules to install and the packets to send through them. */
export interface Group {
  readonly name: string;
  install(): Promise<void>;
  readonly shots: readonly Shot[];
}

export const v4Type = 0x0800;
export const v6Type = 0x86dd;
export const fullLog: LogOptions = { tcpSequence: true, tcpOptions: true, ipOptions: true, uid: true };
export const decodedLog: LogOptions = { ...fullLog, macDecode: true };
export const fullFlags = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid'];

/** A chain with one logging rule that drops what it logged, so the machine answers nothing. */
export function nftChain(family: string, hook: string, match: string, log: string, verdict = 'drop'): string {
  const device = hook === 'ingress' ? `device "dlwan0" ` : '';
  return `table ${family} corpus { chain c { type filter hook ${hook} ${device}priority -300; ${match} ${log} ${verdict}; }; }`;
}

/** Removes every rule of the capture's own namespaces. */
export async function flush(machines: Machines): Promise<void> {
  for (const machine of [machines.router, machines.bridge]) {
    await machine.feed('flush ruleset\n', 'nft', '-f', '-');
    for (const tool of ['iptables-legacy', 'ip6tables-legacy'])
      for (const table of ['raw', 'mangle', 'filter']) await machine.run(tool, '-t', table, '-F');
  }
}

/** Frames that reach the router from the attacker. */
export function fromAttacker(machines: Machines, type: number, packets: readonly NamedPacket[], path: Path, rule: Rule): Shot[] {
  return packets.map(({ name, packet }) => ({
    name,
    send: async () => {
      await machines.attacker.send({ via: 'frame', device: 'gen0', hex: frame(macs.wan, macs.attacker, type, packet.bytes) });
    },
    expected: [expectation(packet, path, rule)],
  }));
}

export const wanMac = (type: number): string => macOf(macs.wan, macs.attacker, type);
export const arriving = (type: number): Path => ({ in: 'dlwan0', out: '', link: [wanMac(type)] });
export const decoded = (type: number): Path => ({ in: 'dlwan0', out: '', link: decodedMac(macs.wan, macs.attacker, type) });
export const passing = (type: number): Path => ({ in: 'dlwan0', out: 'dllan0', link: [wanMac(type)] });
export const leaving: Path = { in: '', out: 'dlwan0', link: [] };

/** Sends one frame from the attacker to the router, tagged for a VLAN if asked. */
export async function sendToWan(machines: Machines, type: number, payload: Uint8Array, tag?: number): Promise<void> {
  await machines.attacker.send({ via: 'frame', device: 'gen0', hex: frame(macs.wan, macs.attacker, type, payload, tag) });
}
