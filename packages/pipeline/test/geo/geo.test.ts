import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Geo, type GeoConfig, type GeoResult } from '../../src/index.ts';
import { mmdb } from './mmdb-writer.ts';

const bundled = createRequire(import.meta.url).resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb');

describe('Geo', () => {
  let directory: string;
  let said: { level: number; code?: string; msg: string; remedy?: string }[];
  let registry: Registry;
  let geo: Geo | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-geo-'));
    said = [];
    registry = new Registry();
  });
  afterEach(async () => {
    await geo?.stop();
    rmSync(directory, { recursive: true });
  });

  async function start(config: GeoConfig, pollMs = 3_600_000): Promise<Geo> {
    const destination = { write: (line: string) => void said.push(JSON.parse(line) as (typeof said)[number]) };
    geo = new Geo(config, createReporter({ registry, destination }), { pollMs });
    await geo.start();
    return geo;
  }
  const warnings = (): string[] => said.filter(({ level }) => level >= 40).map(({ msg }) => msg);
  const file = (name: string, content: Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  test('knows countries without any configuration', async () => {
    const { lookup } = bound(await start({}));
    expect(lookup('8.8.8.8')).toEqual({ country: 'US', asn: 0 });
    expect(lookup('2001:4860:4860:0000:0000:0000:0000:8888').country).toBe('US');
    expect(warnings()).toEqual([]);
    expect(await registry.metrics()).toContain('droplens_geo_database_build_timestamp_seconds{database="country"} 17');
  });

  test.each([
    '10.0.0.1',
    '203.0.113.5',
    '127.0.0.1',
    '224.0.0.1',
    '2001:0db8:0000:0000:0000:0000:0000:0001',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])('has no country for the reserved address %s', async (address) => {
    expect(bound(await start({})).lookup(address)).toEqual({ country: '', asn: 0 });
  });

  test.each(['', 'example.org', '1.2.3', '1.2.3.4.5', '01.2.3.4', '::1::', 'fe80::1%eth0', '8.8.8.8\n', '\0'])(
    '%j is no address',
    async (address) => {
      expect(bound(await start({})).lookup(address)).toEqual({ country: '', asn: 0 });
    },
  );

  test('an IPv4 address in an IPv6 address is that IPv4 address', async () => {
    const { lookup } = bound(await start({}));
    const written = ['::ffff:8.8.8.8', '::FFFF:8.8.8.8', '::ffff:0808:0808', '0000:0000:0000:0000:0000:ffff:0808:0808'];
    expect(written.map((address) => lookup(address).country)).toEqual(['US', 'US', 'US', 'US']);
  });

  test('reads City and ASN databases by path', async () => {
    const country = file(
      'city.mmdb',
      mmdb({ '1.2.0.0/16': { country: { iso_code: 'FR' } }, '2a00::/16': { country: { iso_code: 'IT' } } }),
    );
    const asn = file('asn.mmdb', mmdb({ '1.2.3.0/24': { autonomous_system_number: 64_500 } }, { ipVersion: 4 }));
    const { lookup } = bound(await start({ country, asn }));
    expect(lookup('1.2.3.4')).toEqual({ country: 'FR', asn: 64_500 });
    expect(lookup('1.2.4.4')).toEqual({ country: 'FR', asn: 0 });
    // not a walk through a tree of IPv4 addresses
    expect(lookup('2a00::1')).toEqual({ country: 'IT', asn: 0 });
    expect(lookup('0102:0304::1')).toEqual({ country: '', asn: 0 });
  });

  test('one database may hold both', async () => {
    const country = file('lite.mmdb', mmdb({ '1.2.0.0/16': { country: 'France', country_code: 'FR', asn: 'AS64500' } }));
    expect(bound(await start({ country })).lookup('1.2.3.4')).toEqual({ country: 'FR', asn: 64_500 });
  });

  test.each<[string, (path: string) => void, string]>([
    ['missing', () => undefined, 'there is no such file'],
    ['a directory', (path) => mkdirSync(path), 'it is a directory'],
    ['empty', (path) => writeFileSync(path, ''), 'no whole MaxMind database'],
    ['text', (path) => writeFileSync(path, 'ip,country\n1.2.3.4,DE\n'), 'no whole MaxMind database'],
    ['gzip', (path) => writeFileSync(path, Buffer.from('1f8b0800000000000003', 'hex')), 'no whole MaxMind database'],
    ['cut short', (path) => (copyFileSync(bundled, path), truncateSync(path, 5_000_000)), 'no whole MaxMind database'],
    [
      'without its beginning',
      (path) => writeFileSync(path, mmdb({ '1.2.0.0/16': { country_code: 'FR' } }).subarray(300)),
      'no whole MaxMind database',
    ],
  ])('a file that is %s: empty fields, one warning that names it and the remedy', async (_, make, reason) => {
    const path = join(directory, 'geo.mmdb');
    make(path);
    const { lookup } = bound(await start({ country: path }));
    expect(lookup('8.8.8.8')).toEqual({ country: '', asn: 0 });
    await geo?.refresh();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(path);
    expect(warnings()[0]).toContain(reason);
    expect(said.find(({ code }) => code === 'DL_GEO_DATABASE')?.remedy).toContain('geo.country');
  });

  test('any damage leaves fields empty and fails nothing', async () => {
    const whole = mmdb({
      '1.2.0.0/16': { country_code: 'FR' },
      '8.0.0.0/8': { country_code: 'US' },
      '2a00::/16': { country_code: 'IT' },
    });
    const path = file('geo.mmdb', whole);
    const { lookup } = bound(await start({ country: path }));
    for (let i = 0; i < whole.length; i += 7) {
      const damaged = Buffer.from(whole);
      damaged[i] = (damaged[i] ?? 0) ^ 0xff;
      await writeFile(path, Buffer.concat([damaged, Buffer.alloc(i % 3)]));
      await geo?.refresh();
      for (const address of ['1.2.3.4', '8.8.8.8', '2a00::1', '99.1.2.3'])
        expect(lookup(address).country).toMatch(/^(?:[A-Z]{2})?$/);
    }
  });

  test('a new file is taken over by itself; a broken one is not, and the old one stays', async () => {
    const path = file('geo.mmdb', mmdb({ '1.2.0.0/16': { country_code: 'FR' } }));
    const { lookup } = bound(await start({ country: path }, 5));
    expect(lookup('1.2.3.4').country).toBe('FR');
    const first = geo?.generation ?? 0;
    await replace(path, mmdb({ '1.2.0.0/16': { country_code: 'SE' } }));
    await vi.waitFor(() => expect(lookup('1.2.3.4').country).toBe('SE'));
    expect(geo?.generation).toBeGreaterThan(first);
    await replace(path, Buffer.from('broken'));
    await vi.waitFor(() => expect(warnings()).toHaveLength(1));
    expect(warnings()[0]).toContain('the one before stays in use');
    expect(lookup('1.2.3.4').country).toBe('SE');
    rmSync(path);
    await vi.waitFor(() => expect(warnings()).toHaveLength(2));
    expect(lookup('1.2.3.4').country).toBe('SE');
    await replace(path, mmdb({ '1.2.0.0/16': { country_code: 'NO' } }));
    await vi.waitFor(() => expect(lookup('1.2.3.4').country).toBe('NO'));
  });
});

function bound(geo: Geo): { lookup: (address: string) => GeoResult } {
  return { lookup: (address) => geo.lookup(address) };
}

async function replace(path: string, content: Buffer): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
