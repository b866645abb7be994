import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { OwnAddress } from '@droplens/transport';
import { hexAddress, isLoopback } from './address.ts';
import type { Route } from './routes.ts';

/** A wider range that is delivered here is no host's own but a transparent proxy's (`local default`). */
const widest = { ipv4: 8, ipv6: 32 } as const;

/** What is delivered to this host: an address (all its bits), or a whole range (fewer). */
export interface LocalNetwork {
  readonly network: string;
  readonly bits: number;
}

/**
 * Reads `/proc/net/fib_trie` line by line: what IPv4 is delivered here. The interfaces' own lists do not have all of it: a load balancer's
 * address may be a local route only. Loopback is left out, and so are ranges of the tables of a transparent proxy, to which everything is delivered.
 */
export class LocalTable {
  readonly #found = new Map<string, LocalNetwork>();
  #network = '';
  #everyday = false;

  line(text: string): void {
    const table = /^(\S.*):$/.exec(text);
    if (table !== null) this.#everyday = table[1] === 'Main' || table[1] === 'Local';
    const leaf = /^[\s|]*\|-- (\d{1,3}(?:\.\d{1,3}){3})$/.exec(text);
    if (leaf !== null) {
      this.#network = leaf[1] as string;
      return;
    }
    const bits = Number(/^\s+\/(\d{1,2}) \S+ LOCAL\b/.exec(text)?.[1] ?? Number.NaN);
    if (!(bits === 32 || (this.#everyday && bits >= widest.ipv4 && bits < 32))) return;
    if (!isIPv4(this.#network) || isLoopback(this.#network)) return;
    this.#found.set(`${this.#network}/${bits}`, { network: this.#network, bits });
  }

  /** In the table's order, each once. */
  get networks(): readonly LocalNetwork[] {
    return [...this.#found.values()];
  }
}

/** A line of `/proc/net/if_inet6`: an IPv6 address of an interface, temporary ones (privacy) among them; null for loopback and for what is none. */
export function parseInterfaceAddress(line: string): OwnAddress | null {
  const [hex = '', , prefixText = '', , , name = ''] = line.trim().split(/\s+/);
  const address = hexAddress(hex);
  const prefix = /^[0-9a-fA-F]{1,2}$/.test(prefixText) ? Number.parseInt(prefixText, 16) : Number.NaN;
  if (address === null || !isIPv6(address) || isLoopback(address) || !(prefix <= 128) || name === '') return null;
  return { address, bits: 128, prefix, interface: name };
}

/** Gives IPv4 networks the interface and the prefix of the on-link route they lie in: the longest, if any. */
export function withInterface(networks: readonly LocalNetwork[], routes: readonly Route[]): OwnAddress[] {
  const links = routes
    .filter((route) => route.gateway === null && route.bits > 0 && isIPv4(route.network))
    .sort((a, b) => b.bits - a.bits)
    .map((route) => ({ route, list: listOf([route]) }));
  return networks.map(({ network, bits }) => {
    const link = links.find(({ list }) => list.check(network, 'ipv4'))?.route;
    return { address: network, bits, prefix: link?.bits ?? bits, interface: link?.interface ?? '' };
  });
}

/** The IPv6 routes that deliver here and are no address of an interface. */
export function localRoutes(routes: readonly Route[], known: readonly OwnAddress[]): OwnAddress[] {
  const addresses = new Set(known.map(({ address }) => address));
  return routes
    .filter(({ local, network, bits }) => local && isIPv6(network) && bits >= widest.ipv6 && !isLoopback(network))
    .filter(({ network, bits }) => !(bits === 128 && addresses.has(network)))
    .map(({ network, bits, interface: name }) => ({ address: network, bits, prefix: bits, interface: name }));
}

/** A test for being one of these addresses, or within one of these ranges. */
export function ownTest(addresses: readonly OwnAddress[]): (address: string) => boolean {
  const single = new Set(addresses.map(({ address }) => address));
  const ranges = addresses.filter(({ address, bits }) => bits < (isIPv4(address) ? 32 : 128));
  // most hosts have none, and asking the list costs more than all else
  if (ranges.length === 0) return (address) => single.has(address);
  const list = listOf(ranges.map(({ address, bits }) => ({ network: address, bits })));
  return (address) => single.has(address) || list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

function listOf(networks: readonly LocalNetwork[]): BlockList {
  const list = new BlockList();
  for (const { network, bits } of networks) list.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}
