/**
 * What reading a firewall's log costs, side by side in one run: droplens step by step, the engine alone, and the peers found on this
 * machine. CPU seconds count user and system time of all threads and children; rounds are interleaved, so that a busy machine hurts
 * everybody alike. Figures are printed, never asserted.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAnswers, type Answer } from './answers.ts';
import type { Verdict } from './check.ts';
import type { Contender } from './contender.ts';
import { ourselves } from './droplens.ts';
import { measureFleet } from './fleet.ts';
import { forgetResults, prepareInput } from './input.ts';
import { peers } from './peers.ts';
import type { Cost } from './run.ts';
import { measureService } from './service.ts';
import { againstLeast, againstTarget, median, table } from './table.ts';

const usage = `npm run bench -- [options]
  --lines N      lines of the input, at least 1,000 (default 2,000,000)
  --rounds N     interleaved rounds of which the median counts (default 3)
  --quick        200,000 lines, one round, 1,000,000 rows for the answers
  --only TEXT    only what has this in its name; may be repeated
  --json FILE    the figures as JSON as well
  --directory D  where the folder droplens-bench (input, stores) goes (default: the temporary directory)
`;

const { values } = parseArgs({
  options: {
    lines: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);
/** One line that is written over; a pipe does not see it. */
const progress = (text: string): void => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`));
const wanted = (name: string): boolean => values.only.length === 0 || values.only.some((part) => name.includes(part));

/** One contender's rounds. */
interface Result {
  readonly contender: Contender;
  readonly costs: Cost[];
  verdict?: Verdict;
  failure?: string;
}

async function race(contenders: readonly Contender[], rounds: number): Promise<readonly Result[]> {
  const results: Result[] = contenders.map((contender) => ({ contender, costs: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const result of results) {
      const { contender } = result;
      if (contender.missing !== undefined || result.failure !== undefined) continue;
      progress(`round ${round + 1} of ${rounds}: ${contender.name}`);
      try {
        result.costs.push(await contender.run());
        if (round === 0 && contender.check !== undefined) result.verdict = await contender.check();
      } catch (error) {
        result.failure = (error as Error).message.split('\n').slice(0, 3).join(' ').slice(0, 200);
      }
    }
  }
  progress('');
  return results;
}

function readingTable(results: readonly Result[], lines: number): string {
  const perMillion = (result: Result, key: 'cpuSeconds' | 'wallSeconds'): readonly number[] =>
    result.costs.map((cost) => (cost[key] / lines) * 1e6);
  const floor = results.find((result) => result.contender.name === 'wc -l' && result.costs.length > 0);
  const wc = floor === undefined ? Number.NaN : median(perMillion(floor, 'cpuSeconds'));
  const rows = results.map((result) => {
    const { contender } = result;
    if (result.failure !== undefined) return [contender.name, '', '', '', '', '', `FAILED: ${result.failure}`];
    if (contender.missing !== undefined)
      return [contender.name, '', '', '', '', '', `skipped, not installed: ${contender.missing}`];
    const cpu = perMillion(result, 'cpuSeconds');
    const middle = median(cpu);
    const target = contender.target === undefined ? '' : againstTarget(middle, contender.target, 'CPU s');
    return [
      contender.name,
      middle.toFixed(2),
      `${Math.min(...cpu).toFixed(2)}–${Math.max(...cpu).toFixed(2)}`,
      Number.isNaN(wc) ? '' : `${(middle / wc).toFixed(0)}×`,
      median(perMillion(result, 'wallSeconds')).toFixed(2),
      Math.max(...result.costs.map((cost) => cost.rssMiB)).toFixed(0),
      [result.verdict?.text, target].filter(Boolean).join('; '),
    ];
  });
  return table(
    ['per 1,000,000 lines', 'CPU s', 'min–max', 'wc -l', 'wall s', 'max MiB', 'checked against the truth; target'],
    rows,
  );
}

/** The comparison that the design promises: cheaper than the engine that parses by itself. */
function againstEngine(results: readonly Result[]): string {
  const cpuOf = (start: string): number =>
    median(results.find((result) => result.contender.name.startsWith(start))?.costs.map((cost) => cost.cpuSeconds) ?? []);
  const ratio = cpuOf('droplens import') / cpuOf('ClickHouse parses');
  if (!(ratio > 0)) return '';
  return `import against ClickHouse's own parse of the same lines: ${ratio.toFixed(2)}× its CPU (${ratio < 1 ? 'met' : 'NOT MET'}: < 1)\n`;
}

const answersTable = (answers: readonly Answer[]): string =>
  table(
    ['', 'measured', 'target'],
    answers.map(({ name, value, unit, limit, least, note }) => [
      name,
      `${value.toFixed(['ms', 'MiB', 'lines/s'].includes(unit) ? 0 : 2)} ${unit}`,
      [
        limit === undefined ? '' : againstTarget(value, limit, unit),
        least === undefined ? '' : againstLeast(value, least, unit),
        note ?? '',
      ]
        .filter(Boolean)
        .join('; '),
    ]),
  );

const lines = Number(values.lines ?? (values.quick ? 200_000 : 2_000_000));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));

if (values.help || !(Number.isInteger(lines) && lines >= 1000 && Number.isInteger(rounds) && rounds >= 1)) {
  say(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const directory = join(values.directory, 'droplens-bench');
  const root = resolve(import.meta.dirname, '../..');
  const build = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (build.status !== 0)
    say(`the sources do not compile, so figures of the command may be those of an older build:\n${build.stdout.slice(0, 500)}`);
  const input = await prepareInput(directory, lines);
  say(
    `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}; ` +
      `${lines.toLocaleString('en')} lines, ${(input.truth.bytes / 1e6).toFixed(0)} MB, ${input.truth.distinctSources.toLocaleString('en')} sources\n`,
  );
  const contenders = [...(await peers(input, join(directory, 'peers'))), ...ourselves(input, directory)];
  const results = await race(
    contenders.filter(({ name }) => wanted(name)),
    rounds,
  );
  if (results.length > 0) say(readingTable(results, lines) + againstEngine(results));
  const answers = [
    ...(await measureService(input, directory, { seconds: values.quick ? 5 : 20, wanted })),
    ...(await measureFleet(input, directory, { quick: values.quick, wanted })),
    ...(await measureAnswers(directory, { rows: values.quick ? 1_000_000 : 10_000_000, wanted })),
  ];
  if (answers.length > 0) say(answersTable(answers));
  await forgetResults(directory);
  say(`load at the end ${loadavg()[0]!.toFixed(1)}`);
  if (values.json !== undefined) {
    const reading = results.map(({ contender, costs, verdict, failure }) => ({
      name: contender.name,
      target: contender.target,
      missing: contender.missing,
      costs,
      verdict,
      failure,
    }));
    await writeFile(
      values.json,
      `${JSON.stringify({ lines, rounds, node: process.version, load: loadavg(), reading, answers }, null, 2)}\n`,
    );
  }
}
