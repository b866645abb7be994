import { Registry } from 'prom-client';
import { errorText } from '../command-error.ts';
import type { ImportCommandOptions } from '../commands/import.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { openIntake } from '../intake/open-intake.ts';
import type { Session } from '../session.ts';
import { ProgressBar } from '../terminal/progress.ts';
import { safeText } from '../terminal/safe-text.ts';
import { checkTimeZone } from '../time.ts';
import { noteReporter } from '../service/note-reporter.ts';
import { importInto } from './import-into.ts';
import { summaryText, totalsOf } from './summary.ts';

/** `droplens import`; the exit code: 1 when a file could not be read to its end. */
export async function runImport(
  session: Session,
  flags: ConfigurationFlags,
  files: readonly string[],
  options: ImportCommandOptions,
): Promise<number> {
  if (options.timeZone !== undefined) checkTimeZone(options.timeZone);
  const { config } = await loadConfiguration(flags, session.environment);
  const { terminal, signal } = session;
  await prepareDataDirectory(config.data, session.environment.uid);
  let bar = new ProgressBar(terminal);
  const note = (text: string): void => {
    bar.clear();
    terminal.note(text);
  };
  const reporter = noteReporter(new Registry(), note, terminal.paintNote);
  const intake = await openIntake({ config, reporter, signal }, 'import');
  const began = Date.now();
  try {
    const outcomes = await importInto(intake, files, {
      config,
      reporter,
      signal,
      timeZone: options.timeZone,
      host: options.host,
      onProgress: ({ path, bytesRead, bytesTotal, lines }) =>
        bar.update({ name: safeText(path), done: bytesRead, total: bytesTotal ?? 0, lines }),
    });
    bar.clear();
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    for (const error of errors) note(errorText(error, terminal.paintNote));
    signal.throwIfAborted();
    const lines = outcomes.reduce((sum, outcome) => sum + ('result' in outcome ? outcome.result.lines : 0), 0);
    // a bar of its own: its rate and the time left are those of storing
    bar = new ProgressBar(terminal);
    let most = 0;
    const stored = await intake.stored((waiting) => {
      most = Math.max(most, waiting);
      const done = most - waiting;
      if (waiting > 0) bar.update({ name: 'storing', done, total: most, lines: Math.round((lines * done) / most) });
    });
    bar.clear();
    await terminal.write(summaryText(totalsOf(outcomes, stored ?? intake.elsewhere ?? '', Date.now() - began)));
    return errors.length > 0 ? 1 : 0;
  } finally {
    bar.clear();
    await intake.close();
  }
}
