import { readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { parseLine } from '@droplens/netfilter-log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machines, startMachines } from '../corpus/machines.ts';
import { allGroups, type CapturedLine, runGroup } from '../corpus/run-group.ts';
import { KmsgReader } from './kmsg-reader.ts';
import { removeLeftovers } from './namespace.ts';
import { logAllNamespaces } from './namespace-logging.ts';
import { withoutKernel } from './requirements.ts';

const directory = join(import.meta.dirname, '../corpus');
const corpus = readdirSync(directory).find((name) => /^kernel-.*\.log$/.test(name)) ?? '';
/** What the corpus says was printed, by case, without the ring's own numbers and times. */
const committed = readFileSync(join(directory, corpus), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.slice(line.indexOf(';') + 1));

/** Kernels of one series print alike; another may have learned something. */
const series = (version: string): string => version.split('.').slice(0, 2).join('.');
const sameSeries = corpus.includes(`kernel-${series(release())}.`);

/** What the parser makes of a line, as far as the corpus fixes it. */
function reading({ head, text }: CapturedLine): unknown {
  const result = parseLine(`${head};${text}`, { bootTime: Date.now() - 86_400_000 });
  if (!result.ok) return result.reason;
  const { time: _time, host: _host, ...rest } = result.record;
  return rest;
}

describe.skipIf(withoutKernel('drift'))('the running kernel', () => {
  let machines: Machines | undefined;
  let reader: KmsgReader | undefined;
  let restoreLogging: (() => void) | undefined;
  const lines: CapturedLine[] = [];

  beforeAll(async () => {
    await removeLeftovers();
    restoreLogging = logAllNamespaces();
    machines = await startMachines();
    reader = new KmsgReader();
    for (const group of allGroups(machines)) lines.push(...(await runGroup(machines, reader, group)).lines);
  });

  afterAll(async () => {
    reader?.close();
    await machines?.stop();
    restoreLogging?.();
  });

  it('is read as the sent packets demand', () => {
    const wrong = lines
      // on another kernel some words may be new; what we sent is still what must be read
      .filter(({ expected, text }) => sameSeries || text === expected?.line)
      .map((line) => ({ case: line.case, got: reading(line), wanted: line.expected?.record ?? line.expected?.reason }))
      .filter(({ got, wanted }) => JSON.stringify(got) !== JSON.stringify(wanted));
    expect(wrong).toEqual([]);
    expect(lines.length).toBeGreaterThan(500);
  });

  it('is never misread where it prints something new', () => {
    const misread = lines
      .filter(({ expected }) => expected?.record !== undefined)
      .map((line) => ({ case: line.case, text: line.text, got: reading(line), wanted: line.expected?.record }))
      .filter(({ got, wanted }) => typeof got !== 'object' || (got as typeof wanted)?.src !== wanted?.src);
    expect(misread).toEqual([]);
  });

  it.runIf(sameSeries)('prints what the corpus says, to the letter', () => {
    const drifted = lines.map(({ text }) => text).filter((text) => !committed.includes(text));
    const unseen = committed.filter((text) => !lines.some((line) => line.text === text));
    expect({ drifted, unseen }).toEqual({ drifted: [], unseen: [] });
  });
});
