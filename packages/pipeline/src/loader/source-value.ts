import { addressBytes } from '../geo/address-bytes.ts';
import type { Geo } from '../geo/geo.ts';

/** Where the parts of a source's value in its cache are: its address, its country (two letters, or zeros), its AS number. */
export const sourceValue = { country: 16, asn: 18 } as const;

/** What the loader keeps of a source, a latin1 character for each byte; null for what is no address. */
export function sourceBytes(address: string, geo: Pick<Geo, 'lookup'>): string | null {
  const bytes = addressBytes(address);
  if (bytes === null) return null;
  const { country, asn } = geo.lookup(address);
  return (
    bytes +
    (country === '' ? '\0\0' : country) +
    String.fromCharCode(asn >>> 24, (asn >>> 16) & 255, (asn >>> 8) & 255, asn & 255)
  );
}
