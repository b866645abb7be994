import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Namespace, Namespaces } from '../kernel/namespace.ts';

/** Sends packets from inside one namespace by the script beside this file. */
export class Sender {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(namespace: Namespace) {
    const script = join(import.meta.dirname, 'send.py');
    this.#process = namespace.spawn(['python3', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** Returns when the packet was handed to the kernel; throws what the kernel said against it. */
  async send(order: Readonly<Record<string, unknown>>): Promise<void> {
    this.#process.stdin!.write(`${JSON.stringify(order)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true || answer.value !== 'ok')
      throw new Error(`send.py: ${answer.done === true ? 'gone' : answer.value}`);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.stdin!.end();
    await gone;
  }
}

/** MAC addresses of our own making (locally administered), so that captured lines name no real card. */
export const macs = {
  wan: '02:64:6c:00:00:01',
  attacker: '02:64:6c:00:00:02',
  lan: '02:64:6c:00:00:03',
  server: '02:64:6c:00:00:04',
  port0: '02:64:6c:00:00:05',
  left: '02:64:6c:00:00:06',
  port1: '02:64:6c:00:00:07',
  right: '02:64:6c:00:00:08',
  bridge: '02:64:6c:00:00:09',
} as const;

/** Only our lines: they name one of our interfaces or MAC addresses, or our address on the loopback. */
export function isOurs(text: string): boolean {
  return /\bdl(?:wan|lan|tun|br|port)[01]\b|02:64:6c:00:00|02 64 6c 00 00|=198\.51\.100\.7[0-9] |on dev dl/.test(text);
}

/**
 * The machines of the capture, documentation addresses throughout:
 * `attacker` (gen0) – (dlwan0) `router` (dllan0) – (lan0) `server`, with dltun0 in the router;
 * `left` – (dlport0) `bridge` dlbr0 (dlport1) – `right`.
 */
export interface Machines {
  readonly router: Namespace;
  readonly bridge: Namespace;
  readonly attacker: Sender;
  readonly onRouter: Sender;
  readonly left: Sender;
  stop(): Promise<void>;
}

const quiet = ['net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0', 'net.ipv4.conf.all.accept_redirects=0'];

/** Makes them; on failure nothing is left behind. */
export async function startMachines(): Promise<Machines> {
  const namespaces = new Namespaces();
  const senders: Sender[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(senders.map((sender) => sender.stop()));
    await namespaces.remove();
  };
  try {
    const router = await namespaces.add('router');
    const attacker = await namespaces.add('attacker');
    const server = await namespaces.add('server');
    await router.sysctl(...quiet, 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    await namespaces.join(router, 'dlwan0', macs.wan, attacker, 'gen0', macs.attacker);
    await namespaces.join(router, 'dllan0', macs.lan, server, 'lan0', macs.server);
    await router.sysctl('net.ipv4.conf.dlwan0.rp_filter=0', 'net.ipv4.conf.dllan0.rp_filter=0');
    const onRouter = new Sender(router);
    senders.push(onRouter);
    await onRouter.send({ via: 'tun', device: 'dltun0', hex: '' });
    await router.ip(
      'link set dlwan0 mtu 65535',
      'addr add 198.51.100.1/24 dev dlwan0',
      'addr add 192.0.2.1/24 dev dllan0',
      'addr add 2001:db8:1::1/64 dev dlwan0 nodad',
      'addr add 2001:db8:2::1/64 dev dllan0 nodad',
      'addr add 198.51.100.70/32 dev lo',
      'link set dltun0 up',
      'addr add 203.0.113.1/32 dev dltun0',
      'route add 0.0.0.0/0 via 198.51.100.9 dev dlwan0',
      'route add ::/0 via 2001:db8:1::9 dev dlwan0',
      `neigh add 198.51.100.9 lladdr ${macs.attacker} dev dlwan0`,
      `neigh add 2001:db8:1::9 lladdr ${macs.attacker} dev dlwan0`,
      `neigh add 192.0.2.80 lladdr ${macs.server} dev dllan0`,
      `neigh add 2001:db8:2::80 lladdr ${macs.server} dev dllan0`,
    );
    await attacker.ip('link set gen0 mtu 65535');
    const bridge = await namespaces.add('bridge');
    const left = await namespaces.add('left');
    const right = await namespaces.add('right');
    await bridge.sysctl(...quiet);
    await namespaces.join(bridge, 'dlport0', macs.port0, left, 'left0', macs.left);
    await namespaces.join(bridge, 'dlport1', macs.port1, right, 'right0', macs.right);
    await bridge.ip(
      `link add dlbr0 address ${macs.bridge} type bridge mcast_snooping 0`,
      'link set dlport0 master dlbr0',
      'link set dlport1 master dlbr0',
      'link set dlbr0 up',
      'addr add 198.51.100.1/24 dev dlbr0',
    );
    await bridge.sysctl('net.bridge.bridge-nf-call-iptables=1', 'net.bridge.bridge-nf-call-ip6tables=1');
    const senderOf = (namespace: Namespace): Sender => {
      const sender = new Sender(namespace);
      senders.push(sender);
      return sender;
    };
    return { router, bridge, attacker: senderOf(attacker), onRouter, left: senderOf(left), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An Ethernet frame as hex. */
export function frame(to: string, from: string, etherType: number, payload: Uint8Array, tag?: number): string {
  const address = (mac: string): string => mac.replaceAll(':', '');
  const vlan = tag === undefined ? '' : `8100${tag.toString(16).padStart(4, '0')}`;
  return `${address(to)}${address(from)}${vlan}${etherType.toString(16).padStart(4, '0')}${Buffer.from(payload).toString('hex')}`;
}

/** The link header as the logger prints it. */
export function macOf(to: string, from: string, etherType: number): string {
  const type = etherType.toString(16).padStart(4, '0');
  return `MAC=${to}:${from}:${type.slice(0, 2)}:${type.slice(2)}`;
}

/** The same with `--log-macdecode` and nft's `flags ether`. */
export function decodedMac(to: string, from: string, etherType: number, tag?: number): string[] {
  const vlan = tag === undefined ? [] : ['VPROTO=8100', `VID=${tag}`];
  return [`MACSRC=${from}`, `MACDST=${to}`, ...vlan, `MACPROTO=${etherType.toString(16).padStart(4, '0')}`];
}
