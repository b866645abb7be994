import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findEngine } from '@droplens/embedded-clickhouse';
import { failed, type Answer } from './answers.ts';
import { droplens, inUtc } from './droplens.ts';
import type { Input } from './input.ts';
import { linesPerSecond, liveSlices, recordsIn, writeLive } from './live-log.ts';
import { cpuSecondsOf, memoryOf } from './process-tree.ts';

const execute = promisify(execFile);

/** Rows in the store, asked with the command while `up` runs; 0 until it answers. */
async function rowsIn(data: string): Promise<number> {
  // without an engine to talk to, the command would open the directory itself and stand in the way of `up`
  if ((await findEngine(data)) === null) return 0;
  try {
    const [command, script] = droplens;
    const { stdout } = await execute(command, [
      script,
      '--data',
      data,
      'sql',
      '--format',
      'ndjson',
      'SELECT count() AS rows FROM drops',
    ]);
    return Number((JSON.parse(stdout.trim()) as { rows: string | number }).rows);
  } catch {
    return 0;
  }
}

async function until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`);
    await pause(200);
  }
}

async function stop(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => void service.once('exit', () => resolve()));
  service.kill('SIGTERM');
  await ended;
}

/** `droplens up` while its log grows by 20,000 lines a second, and while nothing happens. */
export async function measureService(
  input: Input,
  directory: string,
  options: { seconds: number; wanted: (name: string) => boolean },
): Promise<readonly Answer[]> {
  const names = {
    memory: 'memory of up at 20,000 lines/s',
    cpu: 'CPU of up at 20,000 lines/s',
    idle: 'CPU of up when idle, over 20 s',
  };
  if (!Object.values(names).some(options.wanted)) return [];
  const data = join(directory, 'up');
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  const log = join(data, 'kern.log');
  const configuration = join(data, 'droplens.yaml');
  const parts = await liveSlices(input, options.seconds);
  const records = recordsIn(parts);
  await writeFile(log, parts.at(0) ?? '');
  await writeFile(configuration, `data: ${data}/data\nsources: [{file: ${log}}]\nadmin: {listen: "127.0.0.1:0"}\n`);
  const service = spawn(droplens[0], [droplens[1], '--config', configuration, 'up'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...inUtc },
  });
  let complaints = '';
  service.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-1000)));
  const pid = service.pid!;
  try {
    await until('the first rows', 60, async () => {
      if (service.exitCode !== null) throw new Error(`up ended with ${service.exitCode}: ${complaints}`);
      return (await rowsIn(`${data}/data`)) > 0;
    });
    const before = cpuSecondsOf(pid);
    const started = performance.now();
    await writeLive(log, parts.slice(1));
    const wrote = (performance.now() - started) / 1000;
    const { peak } = memoryOf(pid);
    const quoted = Buffer.concat(parts).toString('latin1').split(' [SRC=').length - 1;
    let rows = 0;
    await until('loading of all lines', 120, async () => (rows = await rowsIn(`${data}/data`)) >= records);
    const lag = (performance.now() - started) / 1000 - wrote;
    const busy = cpuSecondsOf(pid) - before;
    // merges go on for a moment after the last row
    await pause(10_000);
    const idleFrom = cpuSecondsOf(pid);
    await pause(20_000);
    const idle = ((cpuSecondsOf(pid) - idleFrom) / 20) * 100;
    const written = ((parts.length - 1) * linesPerSecond) / 20;
    const exact = rows === records ? `all ${records} rows there` : `${rows} rows of ${records}`;
    return [
      {
        name: names.memory,
        value: peak,
        unit: 'MiB',
        limit: 700,
        note: `${(written / wrote / 1000).toFixed(1)}k lines/s for ${wrote.toFixed(0)} s, ${exact} ${lag.toFixed(1)} s after the last line (${quoted} quoted)`,
      },
      { name: names.cpu, value: (busy / wrote) * 100, unit: '%', note: 'of one core, until all was loaded' },
      { name: names.idle, value: idle, unit: '%', limit: 1 },
    ];
  } catch (error) {
    return [failed(names.memory, 'MiB', error)];
  } finally {
    await stop(service);
  }
}
