import { Registry } from 'prom-client';
import { errorText } from '../command-error.ts';
import type { ImportCommandOptions } from '../commands/import.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import type { Session } from '../session.ts';
import { ProgressBar } from '../terminal/progress.ts';
import { safeText } from '../terminal/safe-text.ts';
import { checkTimeZone } from '../time.ts';
import { noteReporter } from '../service/note-reporter.ts';
import { ImportSession } from './import-session.ts';
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
  const importing = await ImportSession.open({ config, reporter, signal, timeZone: options.timeZone, host: options.host });
  try {
    const outcomes = await importing.read(files, ({ path, bytesRead, bytesTotal, lines }) =>
      bar.update({ name: safeText(path), done: bytesRead, total: bytesTotal ?? 0, lines }),
    );
    bar.clear();
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    for (const error of errors) note(errorText(error, terminal.paintNote));
    signal.throwIfAborted();
    const lines = outcomes.reduce((sum, outcome) => sum + ('result' in outcome ? outcome.result.lines : 0), 0);
    // a bar of its own: its rate and the time left are those of storing
    bar = new ProgressBar(terminal);
    let most = 0;
    await importing.loaded((waiting) => {
      most = Math.max(most, waiting);
      const stored = most - waiting;
      if (waiting > 0) bar.update({ name: 'storing', done: stored, total: most, lines: Math.round((lines * stored) / most) });
    });
    bar.clear();
    await terminal.write(summaryText(await totalsOf(importing, outcomes)));
    return errors.length > 0 ? 1 : 0;
  } finally {
    bar.clear();
    await importing.close();
  }
}
