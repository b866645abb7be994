import { programVersion } from '../program.ts';
import type { Configuration } from '../config/schema.ts';
import type { Path } from '../config/layer.ts';
import { bytes } from '../terminal/numbers.ts';
import { safeText } from '../terminal/safe-text.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import type { Up } from './composition.ts';
import type { FoundSources } from '../service/find-sources.ts';

/** What `up` says once in a terminal: what it reads, where it keeps it, what is around it. */
export async function headerText(
  config: Configuration,
  origin: (path: Path) => string,
  sources: FoundSources,
  up: Up,
  width: number,
): Promise<string> {
  const lines = [
    `droplens ${programVersion()} on ${safeText(config.host)}`,
    `  log      ${safeText(sources.chosen)}`,
    ...wrapText(safeText(sources.why), width - 11).map((line) => `           ${line}`),
    `  store    ${storeText(config)}`,
    `  kept     ${await keptText(config, up)}`,
    `  geo      ${geoText(config)}`,
    `  metrics  http://${up.admin.address}/metrics`,
  ];
  for (const key of ['suggest', 'enforce'] as const) {
    if (origin([key]) !== 'default')
      lines.push(`  note     ${key} is configured (${safeText(origin([key]))}); this version does not act on it`);
  }
  return `${lines.join('\n')}\n\n`;
}

function storeText({ store, data }: Configuration): string {
  return store.kind === 'embedded' ? `embedded ClickHouse, ${safeText(data)}` : `ClickHouse at ${safeText(store.url)}`;
}

async function keptText({ retention }: Configuration, up: Up): Promise<string> {
  // the size is a courtesy: without an answer the rest is said
  const size = await up.store.tableSizes().then(
    (tables) => `; ${bytes(tables.reduce((sum, table) => sum + table.bytes, 0))} now`,
    () => '',
  );
  return `${retention.raw_days} d raw, ${retention.rollup_days} d hourly${size}`;
}

function geoText({ geo }: Configuration): string {
  const country = geo.country === undefined ? 'bundled country database' : safeText(geo.country);
  return `${country}, ${geo.asn === undefined ? 'no AS database' : safeText(geo.asn)}`;
}
