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

/** Asks nine times after two that warm the caches: the median's time, and the CPU time that this process spent on it. */
async function warm(question: () => Promise<unknown>): Promise<{ readonly wall: number; readonly cpu: number }> {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let turn = 0; turn < 11; turn += 1) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    await question();
    if (turn < 2) continue;
    walls.push(performance.now() - started);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1000);
  }
  return { wall: median(walls), cpu: median(cpus) };
}

/** A figure with its limit; the CPU time beside it tells a slow answer from a busy machine. */
async function figure(name: string, limit: number | undefined, note: string, question: () => Promise<unknown>): Promise<Answer> {
  const { wall, cpu } = await warm(question);
  return {
    name,
    value: wall,
    unit: 'ms',
    ...(limit === undefined ? {} : { limit }),
    note: `${note}, engine's CPU ${cpu.toFixed(0)} ms`,
  };
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
  promisify(execFile)(droplens[0], [droplens[1], '--data', directory, ...words]);
const since = (milliseconds: number): number => Date.now() - milliseconds;
const size = `${(rows / 1e6).toFixed(1)} million rows`;
const year = `${heaviest}, ${(packets / 1000).toFixed(0)}k packets`;

const answers: Answer[] = [
  await figure('top sources, 24 h', 300, size, () => store.topSources({ since: since(day), limit: 10 })),
  await figure('source over a year', 200, year, () => store.source(heaviest, { since: since(365 * day) })),
  await figure('top sources, 24 h, of one country', undefined, size, () =>
    store.topSources({ since: since(day), countries: ['NL'] }),
  ),
  await figure('top countries, 24 h', undefined, size, () => store.topCountries({ since: since(day) })),
  await figure('top ports, 24 h', undefined, size, () => store.topPorts({ since: since(day) })),
  await figure('search, the 20 newest of 7 days', undefined, size, async () => {
    for await (const packet of store.search({ since: since(7 * day), limit: 20 })) void packet;
  }),
  await figure('droplens top sources, at the prompt', undefined, 'whole process', () =>
    command('top', 'sources', '--since', '24h'),
  ),
  await figure('droplens source, at the prompt', undefined, 'whole process', () =>
    command('source', heaviest, '--since', '365d'),
  ),
];
process.stdout.write(JSON.stringify(answers));
await store.close();
await engine.close();
