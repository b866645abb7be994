import { Geo } from '@droplens/pipeline';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import type { Configuration } from '../config/schema.ts';
import { span } from '../terminal/numbers.ts';
import { ok, warn, type Finding } from './finding.ts';

const year = 365 * 86_400_000;

/** Whether the geo databases can be read, and how old they are. */
export async function checkGeo(config: Configuration, now: number): Promise<readonly Finding[]> {
  const registry = new Registry();
  const refusals: string[] = [];
  const destination = { write: (line: string) => void refusals.push((JSON.parse(line) as { msg: string }).msg) };
  const geo = new Geo(config.geo, createReporter({ registry, level: 'warn', destination }));
  await geo.refresh();
  const ages = await registry.getSingleMetric('droplens_geo_database_build_timestamp_seconds')?.get();
  const findings = (ages?.values ?? []).map(({ labels, value }): Finding => {
    const age = now - value * 1000;
    const text = `${String(labels['database'])} database built ${span(age)} ago`;
    return age > year ? warn(text, 'addresses move: give a newer .mmdb in geo.country or geo.asn') : ok(text);
  });
  return [...findings, ...refusals.map((text) => warn(text, 'correct geo.country or geo.asn'))];
}
