import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLogFile, type Truth } from '@droplens/traffic';

/** The log file that everybody reads, and what is in it. */
export interface Input {
  readonly path: string;
  readonly truth: Truth;
}

/** Yesterday's log of four hosts: the day before the one that began last, so that no line is from the future. */
export async function prepareInput(directory: string, lines: number): Promise<Input> {
  await mkdir(directory, { recursive: true });
  const start = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000;
  const name = `kern-${lines}-${start}`;
  const path = join(directory, `${name}.log`);
  const account = join(directory, `${name}.json`);
  if (!existsSync(account)) {
    await forgetInputs(directory, lines);
    const truth = await writeLogFile(path, { seed: 1, lines, start, bootTime: start - 9 * 86_400_000 });
    await writeFile(account, JSON.stringify(truth));
  }
  return { path, truth: JSON.parse(await readFile(account, 'utf8')) as Truth };
}

/** Removes inputs of the same size of other days. */
async function forgetInputs(directory: string, lines: number): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(`kern-${lines}-`)) await rm(join(directory, name));
  }
}

/** Removes all but the inputs, which the next run can use again. */
export async function forgetResults(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('kern-')) await rm(join(directory, name), { recursive: true, force: true });
  }
}
