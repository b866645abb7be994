/**
 * What the engine alone takes for rows that are ready: the store's own insert, in blocks as large as the loader's. Parsing is done before
 * and not counted. Usage: insert-rows.ts FILE DIRECTORY; prints JSON on stdout.
 */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { eachBlock } from './row-blocks.ts';

const [file, directory] = process.argv.slice(2) as [string, string];
await mkdir(directory, { recursive: true });
const ready = await open(join(directory, 'ready.tsv'), 'w+');
const sizes: number[] = [];
for await (const { text } of eachBlock(file)) {
  // a country and a system for every row, as the loader appends them
  const complete = Buffer.from(Buffer.from(text).toString('latin1').replaceAll('\n', '\tNL\t64500\n'), 'latin1');
  await ready.write(complete);
  sizes.push(complete.length);
}

const engine = await openEngine({ directory });
const store = new Store({
  url: engine.url,
  ...engine.writer,
  reporter: createReporter({ registry: new Registry(), level: 'silent' }),
});
await store.migrate();
const cpu = process.cpuUsage();
const started = performance.now();
let position = 0;
for (const [index, size] of sizes.entries()) {
  const rows = Buffer.allocUnsafe(size);
  await ready.read(rows, 0, size, position);
  position += size;
  await store.insertDrops({ rows, loadedAt: Date.now(), token: `bench-${index}` });
}
const used = process.cpuUsage(cpu);
const wallSeconds = (performance.now() - started) / 1000;
process.stdout.write(
  JSON.stringify({ cpuSeconds: (used.user + used.system) / 1e6, wallSeconds, rssMiB: process.resourceUsage().maxRSS / 1024 }),
);
await store.close();
await engine.close();
await ready.close();
