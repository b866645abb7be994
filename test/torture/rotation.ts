import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { createReporter } from '@droplens/runtime';
import { createSpool } from '@droplens/transport';
import { Registry } from 'prom-client';
import { numberOf } from './numbered-lines.ts';

/** Leaves everything where it was, for a look at what went wrong. */
const keep = process.env['DROPLENS_TORTURE_KEEP'] !== undefined;

/** How logrotate rotates; each is a set of its directives. */
export const modes = {
  create: ['create'],
  'create, compress': ['create', 'compress'],
  'create, delaycompress': ['create', 'compress', 'delaycompress'],
  'create, dateext': ['create', 'dateext', 'dateformat -%Y%m%d-%s', 'compress'],
  copytruncate: ['copytruncate'],
  'copytruncate, compress': ['copytruncate', 'compress'],
} as const satisfies Record<string, readonly string[]>;

export type Mode = keyof typeof modes;
export type Candidate = 'droplens' | '@logdna/tail-file' | 'tail-file';

/** What came of one run. */
export interface Outcome {
  readonly written: number;
  /** Lines that are in the log or one of its copies at the end: the rest logrotate itself has destroyed. */
  readonly survived: number;
  /** Of those, lines the follower never gave out. */
  readonly lost: number;
  /** Lines it gave out more than once. */
  readonly doubled: number;
  readonly rotations: number;
  readonly kills: number;
}

/** Runs writer, follower and logrotate for `seconds`, rotating (and killing the follower) at random moments, and compares what came out. */
export async function torture(options: {
  candidate: Candidate;
  mode: Mode;
  seconds: number;
  linesPerSecond: number;
  kill: boolean;
}): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'droplens-torture-'));
  const logs = join(directory, 'log');
  const out = join(directory, 'out');
  mkdirSync(logs, { mode: 0o700 });
  mkdirSync(out);
  const log = join(logs, 'kern.log');
  writeFileSync(log, '');
  const children: ChildProcess[] = [];
  const start = async (file: string, ...args: string[]): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['--conditions=dev', '--import', 'tsx', join(import.meta.dirname, file), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    if (keep) child.stderr.pipe(createWriteStream(join(out, `${file}.log`), { flags: 'a' }));
    else child.stderr.resume();
    await once(child.stdout, 'data');
    return child;
  };
  try {
    let follower = await start('follower-child.ts', options.candidate, log, out);
    const writer = await start('writer-child.ts', log, String(options.linesPerSecond));
    const configuration = join(directory, 'logrotate.conf');
    const state = join(directory, 'logrotate.state');
    writeFileSync(configuration, configurationOf(log, options.mode, writer.pid!), { mode: 0o600 });
    let rotations = 0;
    let kills = 0;
    const end = performance.now() + options.seconds * 1000;
    while (performance.now() < end) {
      await passing(50 + Math.random() * 350);
      if (options.kill && Math.random() < 0.4) {
        follower.kill('SIGKILL');
        await once(follower, 'exit');
        kills += 1;
        // Down for none, one or two rotations.
        const missed = Math.floor(Math.random() * 3);
        for (let n = 0; n < missed; n += 1, rotations += 1) {
          await rotate(state, configuration);
          await passing(options.mode.includes('dateext') ? 1_050 : 50);
        }
        follower = await start('follower-child.ts', options.candidate, log, out);
      } else {
        await rotate(state, configuration);
        rotations += 1;
        if (options.mode.includes('dateext')) await passing(1_000); // its names have one second
      }
    }
    const printed = once(writer.stdout!, 'data');
    writer.kill('SIGTERM');
    const written = Number(String((await printed)[0]));
    await settled(out);
    follower.kill('SIGTERM');
    await once(follower, 'exit');
    if (keep && options.candidate === 'droplens') cpSync(join(out, 'spool'), join(out, 'spool.kept'), { recursive: true });
    const seen = options.candidate === 'droplens' ? await spooled(join(out, 'spool')) : listed(join(out, 'seen'));
    const survivors = surviving(logs);
    return {
      written,
      survived: survivors.size,
      lost: [...survivors].filter((number) => !seen.has(number)).length,
      doubled: [...seen.values()].filter((times) => times > 1).length,
      rotations,
      kills,
    };
  } finally {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    if (!keep) rmSync(directory, { recursive: true, force: true });
    else process.stdout.write(`torture: kept ${directory}\n`);
  }
}

function configurationOf(log: string, mode: Mode, writer: number): string {
  const hup = mode.startsWith('create') ? `  postrotate\n    kill -HUP ${writer}\n  endscript\n` : '';
  return `${log} {\n  rotate 10000\n  missingok\n  ${modes[mode].join('\n  ')}\n${hup}}\n`;
}

async function rotate(state: string, configuration: string): Promise<void> {
  const child = spawn('logrotate', ['--force', '--state', state, configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`logrotate: ${complaint}`);
}

/** Until nothing new has come out of the follower for a while. */
async function settled(out: string): Promise<void> {
  const size = (): string => readdirSync(out, { recursive: true, withFileTypes: true }).length + sizeOf(join(out, 'seen'));
  let last = size();
  for (let quiet = 0; quiet < 16; quiet += 1) {
    await passing(250);
    const now = size();
    if (now !== last) quiet = 0;
    last = now;
  }
}

function sizeOf(path: string): string {
  try {
    return ` ${readFileSync(path).length}`;
  } catch {
    return ' none';
  }
}

/** How often each line is in the log and its copies. */
function surviving(logs: string): Set<number> {
  const numbers = new Set<number>();
  for (const name of readdirSync(logs)) {
    const bytes = readFileSync(join(logs, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1').replaceAll('\0', '');
    for (const line of text.split('\n')) {
      const number = numberOf(line);
      if (number >= 0) numbers.add(number);
    }
  }
  return numbers;
}

function listed(path: string): Map<number, number> {
  const seen = new Map<number, number>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const number = Number(line.split(' ')[0]);
    if (line !== '' && number >= 0) seen.set(number, (seen.get(number) ?? 0) + 1);
  }
  return seen;
}

/** How often each line would be stored: what the ledger covers is cut, as the loader does it. */
async function spooled(directory: string): Promise<Map<number, number>> {
  const spool = createSpool(directory, {
    maxBytes: 4 * 1024 ** 3,
    reporter: createReporter({ registry: new Registry(), level: 'silent' }),
  });
  const seen = new Map<number, number>();
  const ledger = new Map<string, { first: number; last: number }[]>();
  const stop = new AbortController();
  const done = spool.reader.run(async ({ blocks }) => {
    for (const { epoch, first, last, text } of blocks) {
      const ranges = ledger.get(epoch) ?? [];
      ledger.set(epoch, ranges);
      for (const row of Buffer.from(text).toString('latin1').split('\n')) {
        if (row === '') continue;
        const cells = row.split('\t');
        const position = Number(cells[0]);
        if (ranges.some((range) => range.first <= position && position <= range.last)) continue;
        const number = Number(cells[12]) * 65536 + Number(cells[14]);
        seen.set(number, (seen.get(number) ?? 0) + 1);
      }
      ranges.push({ first, last });
    }
    if (spool.pending().files <= 1) stop.abort();
  }, stop.signal);
  await done;
  return seen;
}
