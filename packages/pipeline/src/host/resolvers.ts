import { canonicalAddress, isLoopback } from './address.ts';

/** A line of resolv.conf: the name server it names; null for any other line, and for one on this machine, which says nothing about who answers. */
export function parseNameserver(line: string): string | null {
  const address = canonicalAddress(/^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '');
  return address === null || isLoopback(address) ? null : address;
}
