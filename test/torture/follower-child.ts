import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { createSpool } from '@droplens/transport';
import { Registry } from 'prom-client';
import { Collector } from '../../packages/pipeline/src/collector/collector.ts';
import { numberOf } from './numbered-lines.ts';

/*
 * One follower in a process of its own, to be killed: argv = candidate, log, directory. What it saw is in the directory: spool files of
 * droplens; for the others `seen`, a line `<number> <position>` per log line, from which they also restart.
 */
const [, , candidate, log, directory] = process.argv as unknown as [string, string, string, string, string];

switch (candidate) {
  case 'droplens':
    await followWithDroplens();
    break;
  case '@logdna/tail-file':
    await followWithLogdna();
    break;
  default:
    await followWithTailFile();
}
process.stdout.write('ready\n');

async function followWithDroplens(): Promise<void> {
  const reporter = createReporter({ registry: new Registry(), destination: { write: (line) => process.stderr.write(line) } });
  const spool = createSpool(join(directory, 'spool'), { maxBytes: 4 * 1024 ** 3, reporter });
  const collector = new Collector({
    sources: [{ file: log }],
    directory: join(directory, 'state'),
    host: 'web-1',
    machineId: 'torture',
    writer: spool.writer,
    reporter,
    timing: { rescanMs: 1_000, graceMs: 2_000 },
    onFatal: () => process.exit(1),
  });
  await collector.start();
  process.on('SIGTERM', () => {
    void collector
      .stop()
      .then(() => spool.writer.close())
      .then(() => process.exit(0));
  });
}

/** Restarts at the byte position it had, as its documentation shows; the position begins again when it says that the file did. */
async function followWithLogdna(): Promise<void> {
  const TailFile = createRequire(import.meta.url)('@logdna/tail-file') as new (
    path: string,
    options: object,
  ) => NodeJS.ReadableStream & { start(): Promise<void> };
  const last = lastSeen();
  const seen = createWriteStream(join(directory, 'seen'), { flags: 'a' });
  const tail = new TailFile(log, { startPos: last?.position ?? 0, pollFileIntervalMs: 250 });
  let position = last?.position ?? 0;
  let rest = '';
  tail.on('data', (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      position += Buffer.byteLength(line) + 1;
      seen.write(`${numberOf(line)} ${position}\n`);
    }
  });
  const begin = (): void => {
    position = 0;
  };
  tail.on('renamed', begin);
  tail.on('truncated', begin);
  tail.on('error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
  tail.on('tail_error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
  await tail.start();
}

/** Restarts at the line it saw last, which it searches in the log and its rotated copies. */
async function followWithTailFile(): Promise<void> {
  const Tail = createRequire(import.meta.url)('tail-file') as new (
    path: string,
    options: object,
  ) => NodeJS.EventEmitter & { start(): void; findStart(match: RegExp, compare: (found: string) => number): Promise<unknown> };
  const last = lastSeen();
  const seen = createWriteStream(join(directory, 'seen'), { flags: 'a' });
  const tail = new Tail(log, { startPos: 'start', force: true, secondary: `${log}.1` });
  tail.on('line', (line: string) => {
    const number = numberOf(line);
    if (number !== last?.number) seen.write(`${number} 0\n`);
  });
  tail.on('error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
  if (last === undefined) tail.start();
  // The kernel's stamp grows with the number.
  else
    await tail
      .findStart(/\[(\d+\.\d+)\]/, (found) => Math.round(1000 + last.number) - Math.round(Number(found) * 1000 - 999_000))
      .catch(() => tail.start());
}

function lastSeen(): { number: number; position: number } | undefined {
  const path = join(directory, 'seen');
  const lines = existsSync(path) ? readFileSync(path, 'latin1').split('\n') : [];
  lines.pop(); // empty, or torn by the kill
  const [number, position] = (lines.at(-1) ?? '').split(' ').map(Number);
  return number === undefined || position === undefined ? undefined : { number, position };
}
