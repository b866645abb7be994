/**
 * Opens a filled data directory as `up` does, asks each question a few times over, and prints the figures as JSON. What a person waits for
 * at the prompt, the command's own start included, is asked as well.
 * Usage: ask-store.ts DIRECTORY
 */
import { execFile } from 'node:child_process';
import { openEngine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { promisify } from 'node:util';
import type { Answer } from './answers.ts';
import { droplens } from './droplens.ts';
import { ask } from './engine-client.ts';
import { median } from './table.ts';

const directory = process.argv[2]!;
const day = 86_400_000;

/** The median of nine times, in milliseconds; the first two, which warm the caches, left out. */
async function warm(question: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 11; turn += 1) {
    const started = performance.now();
    await question();
    if (turn >= 2) times.push(performance.now() - started);
  }
  return median(times);
}

const engine = await openEngine({ directory });
const store = new Store({
  url: engine.url,
  ...engine.readonly,
  reporter: createReporter({ registry: new Registry(), level: 'silent' }),
});
const rows = Number(await ask(engine, 'SELECT count() FROM drops WHERE time > now() - INTERVAL 1 DAY'));
const heaviest = (
  await ask(
    engine,
    `SELECT replaceRegexpOne(toString(src), '^::ffff:', '') FROM sources_1h GROUP BY src ORDER BY sum(packets) DESC LIMIT 1`,
  )
).trim();
const packets = Number(await ask(engine, `SELECT sum(packets) FROM sources_1h WHERE src = toIPv6('${heaviest}')`));
const command = async (...words: readonly string[]): Promise<unknown> =>
  promisify(execFile)(droplens[0]!, [droplens[1]!, '--data', directory, ...words]);
const since = (milliseconds: number): number => Date.now() - milliseconds;
const size = `${(rows / 1e6).toFixed(1)} million rows`;
const year = `${heaviest}, ${(packets / 1000).toFixed(0)}k packets`;

const answers: Answer[] = [
  {
    name: 'top sources, 24 h',
    value: await warm(() => store.topSources({ since: since(day), limit: 10 })),
    unit: 'ms',
    limit: 300,
    note: size,
  },
  {
    name: 'source over a year',
    value: await warm(() => store.source({ address: heaviest, since: since(365 * day) })),
    unit: 'ms',
    limit: 200,
    note: year,
  },
  {
    name: 'droplens top sources, at the prompt',
    value: await warm(() => command('top', 'sources', '--since', '24h')),
    unit: 'ms',
    note: 'whole process',
  },
  {
    name: 'droplens source, at the prompt',
    value: await warm(() => command('source', heaviest, '--since', '365d')),
    unit: 'ms',
    note: 'whole process',
  },
];
process.stdout.write(JSON.stringify(answers));
await store.close();
await engine.close();
