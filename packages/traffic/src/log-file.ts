import { open } from 'node:fs/promises';
import { interfacePart, ipv4Text, publicIpv4, publicIpv6Network } from './addresses.ts';
import { ephemeralPort, ipv4, ipv6, linuxStack, rawStack, type Stack } from './behaviour/headers.ts';
import { icmpErrorPacket } from './behaviour/icmp.ts';
import { favourites, udpServices } from './behaviour/target-ports.ts';
import { createFramer, type Framing } from './framing.ts';
import { defaultPrefix } from './generate.ts';
import { kernelLine } from './kernel-line.ts';
import type { Label } from './labels.ts';
import { defaultHosts, ownHosts, type OwnHost } from './own-hosts.ts';
import { tcpFlags, type Packet } from './packet.ts';
import { Random, Zipf } from './random.ts';
import { Tally, type Truth } from './truth.ts';

export interface LogFileOptions {
  readonly seed: number;
  /** Default 2,000,000. */
  readonly lines?: number;
  /** Milliseconds since 1970 of the first line. */
  readonly start: number;
  /** The lines spread evenly over it. Default one day. */
  readonly durationSeconds?: number;
  /** How many addresses take part; those at the end of a short file may never come. Default 52,000; 2,000,000 lines show nearly all of them. */
  readonly sources?: number;
  readonly hosts?: readonly string[];
  readonly prefix?: string;
  /** Default `rfc3164`. */
  readonly format?: Framing;
  readonly timeZone?: string;
  /** With it lines carry the kernel's stamp, see `FrameOptions`. */
  readonly bootTime?: number;
}

/** Other things that kernels say; none of them is a packet record or a loss. */
const otherMessages: readonly string[] = [
  'usb 1-1: new high-speed USB device number 4 using xhci_hcd',
  'EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.',
  'device eth0 entered promiscuous mode',
  'e1000e 0000:00:1f.6 eth0: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx',
  'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" operation="open" profile="/usr/sbin/ntpd" name="/etc/x"',
  'TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.',
];

/** One of the addresses that take part, with the traits of its system. */
interface Source {
  readonly address: string;
  readonly stack: Stack;
}

/** Draws packets that have nothing to do with each other, in the mix of a firewall's log: for measuring, not for detection. */
class Mix {
  readonly #random: Random;
  readonly #hosts: readonly OwnHost[];
  readonly #ipv4: readonly Source[];
  readonly #ipv6: readonly Source[];
  readonly #ipv4Rank: Zipf;
  readonly #ipv6Rank: Zipf;
  readonly #port = new Zipf(favourites.length);

  constructor(random: Random, hosts: readonly OwnHost[], sources: number) {
    this.#random = random;
    this.#hosts = hosts;
    const six = Math.max(1, Math.round(sources * 0.05));
    const distinct = new Set<string>();
    while (distinct.size < Math.max(1, sources - six)) distinct.add(ipv4Text(publicIpv4(random)));
    const stack = (): Stack => (random.chance(0.5) ? linuxStack(random) : rawStack(random));
    this.#ipv4 = [...distinct].map((address) => ({ address, stack: stack() }));
    this.#ipv6 = Array.from({ length: six }, () => ({
      address: `${publicIpv6Network(random)}:${interfacePart(random)}`,
      stack: linuxStack(random),
    }));
    this.#ipv4Rank = new Zipf(this.#ipv4.length);
    this.#ipv6Rank = new Zipf(six);
  }

  /** TCP 79.5 %, UDP 15.2 %, ICMP 4.75 % (60 % of it errors with the packet quoted), ICMPv6 0.5 %; IPv6 5 % in all. */
  draw(): { label: Label; packet: Packet } {
    const random = this.#random;
    const host = random.pick(this.#hosts);
    const kind = random.unit();
    if (kind < 0.0475) return this.#icmp(host);
    if (kind < 0.0525) return this.#icmpv6(host);
    const six = random.chance(0.0475);
    const { address, stack } = six ? this.#ipv6[this.#ipv6Rank.draw(random)]! : this.#ipv4[this.#ipv4Rank.draw(random)]!;
    const header = (length: number): Packet['ip'] =>
      six ? ipv6(random, stack.ttl, address, host.ipv6, length + 20) : ipv4(random, stack, address, host.ipv4, length);
    if (kind < 0.2045) {
      const answer = random.chance(0.15);
      const [port, data] = random.pick(udpServices);
      const ports = answer ? { srcPort: 53, dstPort: ephemeralPort(random) } : { srcPort: ephemeralPort(random), dstPort: port };
      const ip = header(data + 28);
      return {
        label: answer ? 'late-answer' : 'udp-scan',
        packet: this.#inbound(host, ip, { kind: 'udp', ...ports, length: data + 8 }),
      };
    }
    if (random.chance(0.05)) {
      const flags = random.pick([
        tcpFlags.syn | tcpFlags.ack,
        tcpFlags.rst,
        tcpFlags.rst | tcpFlags.ack,
        tcpFlags.ack,
        tcpFlags.ack | tcpFlags.fin,
      ]);
      const label = flags & tcpFlags.syn || flags & tcpFlags.rst ? 'backscatter' : 'stray-reply';
      const ports = { srcPort: random.pick([443, 80, 22]), dstPort: ephemeralPort(random) };
      return { label, packet: this.#inbound(host, header(40), { kind: 'tcp', ...ports, window: stack.window, flags }) };
    }
    const favourite = random.chance(0.55);
    const dstPort = favourite ? favourites[this.#port.draw(random)]! : random.between(1, 65_535);
    const body = {
      kind: 'tcp',
      srcPort: random.between(1024, 65_535),
      dstPort,
      window: stack.window,
      flags: tcpFlags.syn,
    } as const;
    const label = six ? 'ipv6-scan' : favourite ? 'one-port-bot' : 'fast-scan';
    return { label, packet: this.#inbound(host, header(stack.synLength), body) };
  }

  #inbound(host: OwnHost, ip: Packet['ip'], body: Packet['body']): Packet {
    return { host, direction: 'in', ip, body };
  }

  #icmp(host: OwnHost): { label: Label; packet: Packet } {
    const random = this.#random;
    const { address, stack } = this.#ipv4[this.#ipv4Rank.draw(random)]!;
    if (random.chance(0.6)) {
      return { label: 'icmp-error', packet: icmpErrorPacket(random, host, address, ipv4Text(publicIpv4(random))) };
    }
    const echo = { id: random.below(65_536), sequence: random.between(1, 500) };
    const ip = ipv4(random, stack, address, host.ipv4, 84);
    return { label: 'echo', packet: this.#inbound(host, ip, { kind: 'icmp', type: 8, code: 0, echo }) };
  }

  #icmpv6(host: OwnHost): { label: Label; packet: Packet } {
    const random = this.#random;
    const { address, stack } = this.#ipv6[this.#ipv6Rank.draw(random)]!;
    const echo = { id: random.below(65_536), sequence: random.between(1, 500) };
    const ip = ipv6(random, stack.ttl, address, host.ipv6, 104);
    return { label: 'echo', packet: this.#inbound(host, ip, { kind: 'icmp', type: 128, code: 0, echo }) };
  }
}

/**
 * Writes a log file (replacing one that is there) in the mix of a real firewall's log and returns what is in it. One line in 200 is
 * another kernel message. The same options give the same bytes. About 200,000 lines a second; memory does not grow with the length.
 */
export async function writeLogFile(path: string, options: LogFileOptions): Promise<Truth> {
  const lines = options.lines ?? 2_000_000;
  const random = new Random(options.seed, 'log-file');
  const hosts = ownHosts(options.hosts ?? defaultHosts);
  const mix = new Mix(random, hosts, options.sources ?? 52_000);
  const prefix = options.prefix ?? defaultPrefix;
  const { format = 'rfc3164', timeZone = 'UTC', bootTime } = options;
  const framer = createFramer({ format, timeZone, ...(bootTime === undefined ? {} : { bootTime }) });
  const stepMs = ((options.durationSeconds ?? 86_400) * 1000) / Math.max(1, lines);
  const tally = new Tally();
  const file = await open(path, 'w');
  let bytes = 0;
  let lastTime = options.start;
  try {
    let text = '';
    for (let index = 0; index < lines; index += 1) {
      const time = Math.floor(options.start + index * stepMs);
      lastTime = time;
      if (random.chance(0.005)) {
        text += `${framer({ time, host: random.pick(hosts).name, line: random.pick(otherMessages) })}\n`;
      } else {
        const { label, packet } = mix.draw();
        tally.add(label, packet);
        text += `${framer({ time, host: packet.host.name, line: kernelLine(prefix, packet) })}\n`;
      }
      if (text.length > 1_000_000) {
        bytes += (await file.write(Buffer.from(text))).bytesWritten;
        text = '';
      }
    }
    bytes += (await file.write(Buffer.from(text))).bytesWritten;
  } finally {
    await file.close();
  }
  return tally.truth({ lines, bytes, firstTime: options.start, lastTime });
}
