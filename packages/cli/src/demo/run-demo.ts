import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createFramer, generate } from '@droplens/traffic';
import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { CommandError, systemReason } from '../command-error.ts';
import type { DemoCommandOptions } from '../commands/demo.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { importInto } from '../import/import-into.ts';
import { SpoolIntake } from '../intake/spool-intake.ts';
import type { Session } from '../session.ts';
import { grouped, span } from '../terminal/numbers.ts';
import { ProgressBar } from '../terminal/progress.ts';
import { noteReporter } from '../service/note-reporter.ts';
import { showDemo } from './showing.ts';

/** A day of four small servers. */
const dayMs = 86_400_000;
const seed = 20_261_121;

/** `droplens demo`: sample traffic of the last day through generator, file, parser, spool, loader and ClickHouse; then the answers. */
export async function runDemo(session: Session, flags: ConfigurationFlags, options: DemoCommandOptions): Promise<void> {
  const { terminal, signal } = session;
  const directory = await demoDirectory(flags.data);
  const kept = options.keep === true || flags.data !== undefined;
  // also when a second Ctrl-C ends the process on the spot
  const removeOnExit = (): void => rmSync(directory, { recursive: true, force: true });
  if (!kept) process.on('exit', removeOnExit);
  const bar = new ProgressBar(terminal);
  try {
    const { config } = await loadConfiguration(
      { ...flags, data: directory },
      { ...session.environment, variables: withoutStore(session.environment.variables) },
    );
    const log = join(directory, 'kern.log');
    await terminal.write('A day of sample traffic, its times shifted to now, through the whole pipeline:\n');
    const lines = await writeDay(log, signal, (done, written) =>
      bar.update({ name: 'writing a kernel log', done, total: dayMs, lines: written }),
    );
    bar.clear();
    const reporter = noteReporter(new Registry(), (text) => terminal.note(text), terminal.paintNote);
    const intake = await SpoolIntake.open({ config, reporter, signal }, 'import');
    const began = Date.now();
    try {
      await importInto(intake, [log], {
        config,
        reporter,
        signal,
        machineId: 'droplens demo',
        timeZone: 'UTC',
        onProgress: ({ bytesRead, bytesTotal, lines: read }) =>
          bar.update({ name: 'parsing and loading', done: bytesRead, total: bytesTotal ?? 0, lines: read }),
      });
      const { rows } = await intake.stored();
      bar.clear();
      await terminal.write(
        `${grouped(lines)} lines of 4 servers, ${grouped(rows)} packets stored in ${span(Date.now() - began)}.\n\n`,
      );
      await showDemo(session, intake.opened, kept ? directory : null);
    } finally {
      await intake.close();
    }
    await rm(log);
  } finally {
    bar.clear();
    if (!kept) {
      await rm(directory, { recursive: true, force: true });
      process.off('exit', removeOnExit);
    }
  }
}

async function demoDirectory(given: string | undefined): Promise<string> {
  if (given === undefined) return mkdtemp(join(tmpdir(), 'droplens-demo-'));
  const directory = resolve(given);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if ((await readdir(directory)).length === 0) return directory;
  } catch (error) {
    throw new CommandError('DL_DATA_DIRECTORY', `${directory}: ${systemReason(error)}`, 'give another directory with --data', {
      cause: error,
    });
  }
  throw new CommandError(
    'DL_DATA_DIRECTORY',
    `${directory} is not empty: sample traffic must not mix with a real history`,
    'give a new directory with --data, or none',
  );
}

/** The demo has its own embedded store whatever this machine's configuration says. */
function withoutStore(variables: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return {
    ...Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('DROPLENS_'))),
    DROPLENS_CONFIG: '/dev/null',
  };
}

/** Writes the last 24 hours as a syslog daemon would have; returns the number of lines. */
async function writeDay(path: string, signal: AbortSignal, onProgress: (done: number, lines: number) => void): Promise<number> {
  const start = Date.now() - dayMs;
  const framed = createFramer({ format: 'iso' });
  const file = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  let lines = 0;
  let text = '';
  for (const event of generate({ seed, start, durationSeconds: dayMs / 1000 })) {
    text += `${framed(event)}\n`;
    lines += 1;
    if (lines % 2000 !== 0) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
    onProgress(event.time - start, lines);
    await turn();
    signal.throwIfAborted();
  }
  file.end(text);
  await once(file, 'close');
  return lines;
}
