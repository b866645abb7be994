import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkNdjson, checkRowText, verdict, type Found, type Verdict } from './check.ts';
import type { Contender } from './contender.ts';
import type { Input } from './input.ts';
import { program, run, type Cost } from './run.ts';

const execute = promisify(execFile);

/** The command as a user has it: built, in a process of its own. */
export const droplens: readonly [node: string, script: string] = [
  process.execPath,
  resolve(import.meta.dirname, '../../packages/cli/bin/droplens.js'),
];

/** The input's stamps are UTC and say no zone, as those of most log files. */
export const inUtc: Readonly<Record<string, string>> = { TZ: 'UTC' };

/** What one of the bench's own programs measured of itself: its work without its start. */
export interface OwnReport extends Cost {
  readonly found?: Found;
  /** Packets in each rollup. */
  readonly rollups?: readonly number[];
}

/** Runs one of the bench's own programs, which prints its report as JSON. */
export async function ownReport(name: string, ...parameters: readonly string[]): Promise<OwnReport> {
  const [command, ...rest] = program(name, ...parameters) as [string, ...string[]];
  const { stdout } = await execute(command, rest, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as OwnReport;
}

/** One row of an answer about what a data directory holds, asked with the command itself. */
async function askStore(data: string, columns: string): Promise<Readonly<Record<string, number>>> {
  const sql = `SELECT ${columns}, (SELECT sum(packets) FROM sources_1h) AS sources_1h, (SELECT sum(packets) FROM ports_1h) AS ports_1h FROM drops`;
  const [command, script] = droplens;
  const { stdout } = await execute(command, [script, '--data', data, 'sql', '--format', 'ndjson', sql]);
  const row = JSON.parse(stdout.trim()) as Record<string, string | number>;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value)]));
}

/** Packets in the raw table and in both rollups. */
export async function packetsIn(data: string): Promise<Readonly<Record<string, number>>> {
  return await askStore(data, 'count() AS drops');
}

/** Counts and sums of what a data directory holds, raw and in both rollups. */
async function checkStore(data: string, input: Input): Promise<Verdict> {
  const found = await askStore(
    data,
    `count() AS records, countIf(proto = 'TCP') AS tcp, sum(src_port) AS srcPorts, sum(dst_port) AS dstPorts, sum(length) AS lengths`,
  );
  const { sources_1h: bySource, ports_1h: byPort } = found;
  const raw = verdict(found as unknown as Found, input.truth);
  if (bySource === input.truth.records && byPort === input.truth.records) return raw;
  return { right: false, text: `${raw.text}; rollups have ${bySource} and ${byPort} packets` };
}

/** Ourselves, step by step, and the peer we must beat: the engine that parses the lines itself. */
export function ourselves(input: Input, directory: string): readonly Contender[] {
  const rows = join(directory, 'rows.tsv');
  const records = join(directory, 'records.ndjson');
  const data = join(directory, 'import');
  const regexData = join(directory, 'regex');
  const rowsData = join(directory, 'rows');
  const year = String(new Date(input.truth.firstTime).getUTCFullYear());
  let regexReport: OwnReport | undefined;
  return [
    { name: 'scan only, in process', run: () => ownReport('scan-only.ts', input.path) },
    { name: 'parse → rows, in process', target: 1, run: () => ownReport('parse-rows.ts', input.path) },
    {
      name: 'droplens parse --format tsv → file',
      target: 1,
      run: () => run([...droplens, 'parse', '--format', 'tsv', input.path], { stdout: rows, environment: inUtc }),
      check: () => checkRowText(rows, input.truth),
    },
    {
      name: 'droplens parse --format ndjson → file',
      run: () => run([...droplens, 'parse', '--format', 'ndjson', input.path], { stdout: records, environment: inUtc }),
      check: () => checkNdjson(records, input.truth),
    },
    {
      name: 'insert of ready rows, all tables',
      run: async () => {
        await rm(rowsData, { recursive: true, force: true });
        return await ownReport('insert-rows.ts', input.path, rowsData);
      },
    },
    {
      name: 'droplens import, geo and all tables',
      target: 5,
      run: async () => {
        await rm(data, { recursive: true, force: true });
        return await run([...droplens, '--data', data, 'import', input.path], { environment: inUtc });
      },
      check: () => checkStore(data, input),
    },
    {
      name: 'ClickHouse parses: one regex, all tables',
      run: async () => {
        await rm(regexData, { recursive: true, force: true });
        return (regexReport = await ownReport('engine-regex.ts', input.path, regexData, year));
      },
      check: async () => {
        const right = verdict(regexReport!.found!, input.truth);
        const whole = regexReport!.rollups!.every((packets) => packets === input.truth.records);
        return whole ? right : { right: false, text: `${right.text}; rollups ${regexReport!.rollups!.join(', ')}` };
      },
    },
  ];
}
