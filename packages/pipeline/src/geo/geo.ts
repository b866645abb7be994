import { createRequire } from 'node:module';
import { isIP, SocketAddress } from 'node:net';
import type { Component, Reporter } from '@droplens/runtime';
import type { GeoConfig } from './config.ts';
import { GeoDatabase } from './geo-database.ts';
import { asnOf, countryOf } from './geo-record.ts';
import { createGeoMetrics } from './metrics.ts';
import { isReserved } from './reserved.ts';

/** What is known of an address. */
export interface GeoResult {
  /** ISO 3166 code, two capital letters; empty when unknown. */
  readonly country: string;
  /** AS number; 0 when unknown. */
  readonly asn: number;
}

const unknown: GeoResult = { country: '', asn: 0 };
const mappedPrefix = '::ffff:';
const kernelLength = 39;
/** How often the files are looked at: a database is replaced some times a month. */
const pollMs = 10_000;

/** Country and AS number of addresses, from files that may be missing, broken or replaced at any time: then fields are empty, nothing fails. */
export class Geo implements Component {
  readonly #country: GeoDatabase;
  readonly #asn: GeoDatabase | undefined;
  readonly #pollMs: number;
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(config: GeoConfig, reporter: Reporter, options: { pollMs?: number } = {}) {
    const metrics = createGeoMetrics(reporter.registry);
    const changed = (): void => void (this.#generation += 1);
    this.#pollMs = options.pollMs ?? pollMs;
    this.#country = new GeoDatabase({ path: config.country ?? bundledCountry(), name: 'country', metrics, reporter, changed });
    if (config.asn !== undefined) this.#asn = new GeoDatabase({ path: config.asn, name: 'asn', metrics, reporter, changed });
  }

  /** Grows whenever a database was replaced, so answers kept elsewhere are out of date. */
  get generation(): number {
    return this.#generation;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void (this.#polling = this.refresh()), this.#pollMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
  }

  /** Looks at the files now instead of in some seconds. */
  async refresh(): Promise<void> {
    await this.#country.refresh();
    await this.#asn?.refresh();
  }

  /** Both fields of an address in any notation; empty for reserved addresses and for what is no address. */
  lookup(address: string): GeoResult {
    const family = isIP(address);
    if (family === 4) return this.#find(address, 4);
    if (family === 0 || address.includes('%')) return unknown;
    // The canonical form shows an IPv4 address inside; the kernel writes all 32 digits, and one that does not begin with a zero has none.
    if (address.length === kernelLength && /^[^0:]/.test(address)) return this.#find(address, 6);
    const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
    return canonical.startsWith(mappedPrefix) ? this.#find(canonical.slice(mappedPrefix.length), 4) : this.#find(canonical, 6);
  }

  #find(address: string, family: 4 | 6): GeoResult {
    if (isReserved(address, family)) return unknown;
    const record = this.#country.find(address, family);
    return { country: countryOf(record), asn: asnOf(this.#asn === undefined ? record : this.#asn.find(address, family)) };
  }
}

/** The country database that comes with droplens (CC0, from the registries' own data). */
function bundledCountry(): string {
  return createRequire(import.meta.url).resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb');
}
