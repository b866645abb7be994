import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { droplens } from './droplens.ts';
import { program, run } from './run.ts';
import { median } from './table.ts';

/** One figure that is no race: a latency, a share, a size. */
export interface Answer {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | '%' | 'MiB' | 'CPU s' | 'lines/s' | '× live';
  /** What it should not exceed, or be at least. */
  readonly limit?: number;
  readonly least?: number;
  readonly note?: string;
}

/** A figure that could not be had, with the reason in its place. */
export function failed(name: string, unit: Answer['unit'], error: unknown): Answer {
  return { name, value: Number.NaN, unit, note: `FAILED: ${(error as Error).message.replaceAll('\n', ' ').slice(0, 300)}` };
}

/** How long questions take over a full store, and how long the command takes to say how it is used. */
export async function measureAnswers(
  directory: string,
  options: { rows: number; wanted: (name: string) => boolean },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const help = 'droplens --help';
  if (options.wanted(help)) {
    const times: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) times.push((await run([...droplens, '--help'])).wallSeconds * 1000);
    answers.push({ name: help, value: median(times), unit: 'ms', limit: 200, note: 'whole process' });
  }
  if (!['top sources', 'source over a year'].some(options.wanted)) return answers;
  const data = join(directory, 'answers');
  await rm(data, { recursive: true, force: true });
  try {
    await run(program('fill-store.ts', data, String(options.rows)));
    const [command, ...parameters] = program('ask-store.ts', data) as [string, ...string[]];
    const { stdout } = await promisify(execFile)(command, parameters);
    answers.push(...(JSON.parse(stdout) as Answer[]));
  } catch (error) {
    answers.push(failed('top sources', 'ms', error));
  }
  return answers;
}
