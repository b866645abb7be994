import { appendFile, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Input } from './input.ts';

/** What a busy firewall logs. */
export const linesPerSecond = 20_000;
/** Pieces that a second's lines are written in. */
const perSecond = 20;

/** Whole lines of the input's first `seconds` seconds at the live rate, a twentieth of a second each. */
export async function liveSlices(input: Input, seconds: number): Promise<readonly Buffer[]> {
  const perSlice = linesPerSecond / perSecond;
  const file = await open(input.path);
  const average = input.truth.bytes / input.truth.lines;
  const wanted = Buffer.alloc(Math.min(input.truth.bytes, Math.ceil(average * linesPerSecond * (seconds + 1))));
  await file.read(wanted, 0, wanted.length, 0);
  await file.close();
  const found: Buffer[] = [];
  let from = 0;
  let line = 0;
  for (let at = wanted.indexOf(10); at !== -1; at = wanted.indexOf(10, at + 1)) {
    line += 1;
    if (line % perSlice !== 0) continue;
    found.push(wanted.subarray(from, at + 1));
    from = at + 1;
  }
  return found.slice(0, seconds * perSecond);
}

/** Records in pieces of the input. */
export function recordsIn(slices: readonly Buffer[]): number {
  return Buffer.concat(slices).toString('latin1').split(' SRC=').length - 1;
}

/** Appends the pieces to a log, each when its time has come, until `ended`; returns how many it took. */
export async function writeLive(path: string, slices: readonly Buffer[], ended: () => boolean = () => false): Promise<number> {
  const started = performance.now();
  for (const [index, slice] of slices.entries()) {
    await pause(Math.max(0, started + (index * 1000) / perSecond - performance.now()));
    if (ended()) return index;
    await appendFile(path, slice);
  }
  return slices.length;
}
