import type { Label } from './labels.ts';
import type { Packet } from './packet.ts';

/** What a log file really holds, so that whatever reads it can be checked. Ports, flags and lengths are the outer packet's, never a quoted one's. */
export interface Truth {
  readonly lines: number;
  readonly bytes: number;
  /** Lines that hold a packet record; the other lines of the file are other kernel messages. */
  readonly records: number;
  /** By the names of the vocabulary: `TCP`, `UDP`, `ICMP`, `ICMPv6`. */
  readonly byProtocol: Readonly<Record<string, number>>;
  readonly byHost: Readonly<Record<string, number>>;
  readonly byLabel: Readonly<Partial<Record<Label, number>>>;
  /** TCP records by flag mask, as decimal text: `2` is SYN alone. */
  readonly byTcpFlags: Readonly<Record<string, number>>;
  readonly ipv6: number;
  /** ICMP errors with the packet they are about. */
  readonly quoted: number;
  /** Sums over TCP and UDP records. */
  readonly srcPortSum: number;
  readonly dstPortSum: number;
  /** Sum of the IP lengths of all records. */
  readonly lengthSum: number;
  readonly ttlSum: number;
  readonly distinctSources: number;
  /** Different destination ports of TCP and UDP. */
  readonly distinctPorts: number;
  /** The 20 most frequent, most frequent first, equal ones by text; IPv6 as the kernel prints it. */
  readonly topSources: readonly (readonly [source: string, records: number])[];
  readonly topPorts: readonly (readonly [port: number, records: number])[];
  /** Milliseconds since 1970 of the first and the last line. */
  readonly firstTime: number;
  readonly lastTime: number;
}

function countIn(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function top<K extends string | number>(counts: Iterable<readonly [K, number]>): readonly (readonly [K, number])[] {
  const order = (left: readonly [K, number], right: readonly [K, number]): number =>
    right[1] - left[1] || (left[0] < right[0] ? -1 : 1);
  return [...counts].sort(order).slice(0, 20);
}

/** Adds up packets as they are written. */
export class Tally {
  readonly #byProtocol: Record<string, number> = {};
  readonly #byHost: Record<string, number> = {};
  readonly #byLabel: Partial<Record<Label, number>> = {};
  readonly #byTcpFlags: Record<string, number> = {};
  readonly #sources = new Map<string, number>();
  readonly #ports = new Uint32Array(65_536);
  #records = 0;
  #ipv6 = 0;
  #quoted = 0;
  #srcPortSum = 0;
  #dstPortSum = 0;
  #lengthSum = 0;
  #ttlSum = 0;

  add(label: Label, packet: Packet): void {
    const { ip, body } = packet;
    this.#records += 1;
    this.#byLabel[label] = (this.#byLabel[label] ?? 0) + 1;
    countIn(this.#byHost, packet.host.name);
    this.#sources.set(ip.src, (this.#sources.get(ip.src) ?? 0) + 1);
    this.#lengthSum += ip.length;
    this.#ttlSum += ip.version === 4 ? ip.ttl : ip.hopLimit;
    if (ip.version === 6) this.#ipv6 += 1;
    if (body.kind === 'tcp' || body.kind === 'udp') {
      this.#srcPortSum += body.srcPort;
      this.#dstPortSum += body.dstPort;
      this.#ports[body.dstPort]! += 1;
      if (body.kind === 'tcp') countIn(this.#byTcpFlags, String(body.flags));
      countIn(this.#byProtocol, body.kind === 'tcp' ? 'TCP' : 'UDP');
    } else if (body.kind === 'icmp') {
      if (body.quoted !== undefined) this.#quoted += 1;
      countIn(this.#byProtocol, ip.version === 4 ? 'ICMP' : 'ICMPv6');
    } else {
      countIn(this.#byProtocol, body.kind === 'other' ? String(body.protocol) : 'TCP');
    }
  }

  truth(file: { lines: number; bytes: number; firstTime: number; lastTime: number }): Truth {
    const ports = [...this.#ports.entries()].filter(([, records]) => records > 0);
    return {
      ...file,
      records: this.#records,
      byProtocol: this.#byProtocol,
      byHost: this.#byHost,
      byLabel: this.#byLabel,
      byTcpFlags: this.#byTcpFlags,
      ipv6: this.#ipv6,
      quoted: this.#quoted,
      srcPortSum: this.#srcPortSum,
      dstPortSum: this.#dstPortSum,
      lengthSum: this.#lengthSum,
      ttlSum: this.#ttlSum,
      distinctSources: this.#sources.size,
      distinctPorts: ports.length,
      topSources: top(this.#sources),
      topPorts: top(ports),
    };
  }
}
