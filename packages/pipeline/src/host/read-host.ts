import { endianness } from 'node:os';
import { join } from 'node:path';
import type { FactName, KnownFacts, ListeningPort, OwnAddress } from '@droplens/transport';
import { isLoopback } from './address.ts';
import type { HostFactsConfig } from './config.ts';
import { parseFlow } from './conntrack.ts';
import { Outbound } from './outbound.ts';
import { LocalTable, localRoutes, ownTest, parseInterfaceAddress, withInterface } from './own-addresses.ts';
import { parseNameserver } from './resolvers.ts';
import { parseIpv6Route, parseRoute, type Route } from './routes.ts';
import { parseSocket, type Socket } from './sockets.ts';
import { eachLine, type ReadEnd } from './text-lines.ts';

/** Bytes of one file: the connections of a busy machine; what lies beyond is said not to be known. */
const mostBytes = 64 * 1024 * 1024;
/** Entries of a fact: more says something about whoever makes them, not about the host. */
const mostEntries = 1000;
/** Sockets whose direction is judged; beyond it, the reading has enough. */
const mostSockets = 200_000;
const defaultEphemeral = [32_768, 60_999] as const;
const littleEndian = endianness() === 'LE';

export interface ReadHostOptions {
  readonly contacted: HostFactsConfig['contacted'];
  /** Ports that were services lately: a connection to one that has just ended is not ours, and a UDP socket may be one or a client's. */
  readonly lately?: (proto: 'TCP' | 'UDP', port: number) => boolean;
  /** What `/proc`, `/etc` and `/run` are below; for tests. */
  readonly root?: string;
}

/** What a host could find out about itself at one moment. */
export interface Reading {
  /** UDP ports of clients are among the listening ones: see `ServedPorts`. */
  readonly facts: KnownFacts;
  /** Remotes this host has a connection to that it began. */
  readonly contacted: readonly string[];
  /** Where `contacted` comes from. */
  readonly method: 'conntrack' | 'sockets' | 'none';
  readonly ephemeral: readonly [number, number];
}

/**
 * Reads the facts of this machine, as its network namespace shows them. What cannot be read is absent with a reason, whatever the files
 * hold; it never throws.
 */
export async function readHost(options: ReadHostOptions): Promise<Reading> {
  const reader = new HostReader(options.root ?? '/');
  const routes = await reader.routes();
  const addresses = await reader.addresses(routes);
  const resolvers = await reader.resolvers();
  const { listening, connections } = await reader.sockets();
  const ephemeral = await reader.ephemeral();
  const services = listening.filter(({ proto, port }) => proto === 'TCP' || port < ephemeral[0] || port > ephemeral[1]);
  const open = new Set(services.map(({ proto, port }) => `${proto} ${port}`));
  const self = {
    own: ownTest(addresses),
    served: (proto: 'TCP' | 'UDP', port: number) => open.has(`${proto} ${port}`) || (options.lately?.(proto, port) ?? false),
    ephemeral,
  };
  const { method, outbound } = await reader.outbound(options.contacted, new Outbound(self), connections);
  return {
    facts: {
      addresses: reader.bounded(
        'addresses',
        addresses.sort((a, b) => a.address.localeCompare(b.address) || a.bits - b.bits),
      ),
      gateways: reader.bounded('gateways', unique(routes.flatMap(({ gateway }) => gateway ?? []))),
      resolvers: reader.bounded('resolvers', resolvers),
      listening: reader.bounded('listening', listening),
      absent: reader.absent,
    },
    contacted: outbound.contacted,
    method,
    ephemeral,
  };
}

class HostReader {
  readonly absent: Partial<Record<FactName, string>> = {};
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async routes(): Promise<Route[]> {
    const routes: Route[] = [];
    const keep = (route: Route | null): void => {
      if (route !== null && (route.gateway !== null || route.local || routes.length < 10 * mostEntries)) routes.push(route);
    };
    await this.#need('gateways', '/proc/net/route', (line) => keep(parseRoute(line, littleEndian)));
    await this.#want('gateways', '/proc/net/ipv6_route', (line) => keep(parseIpv6Route(line)));
    return routes;
  }

  async addresses(routes: readonly Route[]): Promise<OwnAddress[]> {
    const table = new LocalTable();
    await this.#need('addresses', '/proc/net/fib_trie', (line) => table.line(line));
    const six: OwnAddress[] = [];
    await this.#want('addresses', '/proc/net/if_inet6', (line) => {
      const address = parseInterfaceAddress(line);
      if (address !== null) six.push(address);
    });
    return [...withInterface(table.networks, routes), ...six, ...localRoutes(routes, six)];
  }

  /** The configured ones, and those that a stub on this machine asks. */
  async resolvers(): Promise<string[]> {
    const found: string[] = [];
    const keep = (line: string): void => {
      const address = parseNameserver(line);
      if (address !== null) found.push(address);
    };
    await this.#need('resolvers', '/etc/resolv.conf', keep);
    await this.#want('resolvers', '/run/systemd/resolve/resolv.conf', keep);
    await this.#want('resolvers', '/run/NetworkManager/no-stub-resolv.conf', keep);
    return unique(found);
  }

  async sockets(): Promise<{ listening: ListeningPort[]; connections: Socket[] }> {
    const ports = new Map<string, ListeningPort>();
    const connections: Socket[] = [];
    const visit = (proto: 'TCP' | 'UDP') => (line: string) => {
      const socket = parseSocket(line, proto, littleEndian);
      if (socket === null) return;
      const { listening, address, port } = socket;
      if (!listening) {
        if (proto === 'TCP' && connections.length < mostSockets) connections.push(socket);
      } else if (!isLoopback(address)) {
        ports.set(`${proto} ${address} ${port}`, { proto, address, port });
      }
    };
    await this.#need('listening', '/proc/net/tcp', visit('TCP'));
    await this.#want('listening', '/proc/net/tcp6', visit('TCP'));
    await this.#need('listening', '/proc/net/udp', visit('UDP'));
    await this.#want('listening', '/proc/net/udp6', visit('UDP'));
    const listening = [...ports.values()].sort(
      (a, b) => a.proto.localeCompare(b.proto) || a.port - b.port || a.address.localeCompare(b.address),
    );
    return { listening, connections };
  }

  async ephemeral(): Promise<readonly [number, number]> {
    let range: readonly [number, number] = defaultEphemeral;
    await eachLine(this.#at('/proc/sys/net/ipv4/ip_local_port_range'), 100, (line) => {
      const match = /^(\d{1,5})\s+(\d{1,5})$/.exec(line.trim());
      if (match !== null) range = [Number(match[1]), Number(match[2])];
    });
    return range;
  }

  /** Connection tracking where it can be read and tracks anything, else the TCP sockets. */
  async outbound(
    wanted: HostFactsConfig['contacted'],
    outbound: Outbound,
    connections: readonly Socket[],
  ): Promise<Pick<Reading, 'method'> & { outbound: Outbound }> {
    if (wanted === 'none') {
      this.absent.contacted = 'switched off (host_facts.contacted: none)';
      return { method: 'none', outbound };
    }
    let flows = 0;
    if (wanted === 'conntrack') {
      const path = '/proc/net/nf_conntrack';
      const end = await eachLine(this.#at(path), mostBytes, (line) => {
        const flow = parseFlow(line);
        if (flow === null) return;
        flows += 1;
        outbound.flow(flow);
      });
      const why = reasonOf(path, end);
      const without = 'so only TCP connections that are open when it looks are seen';
      if (why !== null) this.absent.contacted = flows > 0 ? why : `${why}, ${without}`;
      else if (flows === 0) this.absent.contacted = `${path} shows none (no rule tracks connections), ${without}`;
    }
    if (flows > 0) return { method: 'conntrack', outbound };
    for (const socket of connections) outbound.socket(socket);
    return { method: 'sockets', outbound };
  }

  bounded<T>(fact: FactName, entries: readonly T[]): readonly T[] {
    if (entries.length <= mostEntries) return entries;
    this.absent[fact] = `there are more than ${mostEntries}; the rest is not kept`;
    return entries.slice(0, mostEntries);
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  /** A file without which the fact is not known. */
  async #need(fact: FactName, path: string, visit: (line: string) => void): Promise<void> {
    const why = reasonOf(path, await eachLine(this.#at(path), mostBytes, visit));
    if (why !== null) this.absent[fact] ??= why;
  }

  /** A file that a healthy machine may lack: without IPv6, without a stub resolver. */
  async #want(fact: FactName, path: string, visit: (line: string) => void): Promise<void> {
    const end = await eachLine(this.#at(path), mostBytes, visit);
    const why = 'error' in end && end.error === 'ENOENT' ? null : reasonOf(path, end);
    if (why !== null) this.absent[fact] ??= why;
  }
}

function reasonOf(path: string, end: ReadEnd): string | null {
  if ('error' in end) return `${path} cannot be read (${end.error})`;
  return end.whole ? null : `${path} is longer than ${mostBytes >> 20} MiB; the rest is not known`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
